"""A process of simulated agents: each keeps a real event stream open, fetches changes when notified, and accepts.

Started with one JSON object on stdin. Prints ``ready`` once every desk listens, and a JSON object of times when the
next line arrives. Times are seconds since 1970.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import sys
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import uvloop

from domain.rounds.presence import BEAT_EVERY

_SEEN = re.compile(r'name="(seen\.[a-z]+)" value="([^"]*)"')
_TOKEN = re.compile(r'name="form_token" value="([^"]+)"')
_ACCEPT = re.compile(r'action="(/desk/offers/([0-9a-f-]{36})/\d+/accept)"')
SIGN_INS_AT_ONCE = 8


@dataclass
class Desk:
    """One agent's browser."""

    host: str
    port: int
    cookie: str
    think: tuple[float, float]
    seen: dict[str, str] = field(default_factory=dict)
    token: str = ""
    times: dict[str, Any] = field(default_factory=dict)
    """When the offer was visible, clicked and acknowledged; with the call and the answer's status."""
    _line: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
    _turn: asyncio.Task[None] | None = None
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def become_available(self) -> None:
        """Load the page and set the agent available."""
        self._learn((await self.ask("GET", "/desk"))[1])
        await self.ask("POST", "/desk/presence", {"state": "available", "form_token": self.token})

    async def listen(self, listening: asyncio.Event) -> None:
        """Like an EventSource: reconnects a second after a break, and then fetches changes too."""
        while True:
            try:
                reader, writer = await asyncio.open_connection(self.host, self.port)
                writer.write(self._head("GET", "/desk/stream", "Accept: text/event-stream\r\n"))
                await self._follow(reader, listening)
                writer.close()
            except OSError:
                pass
            await asyncio.sleep(1)

    async def _follow(self, reader: asyncio.StreamReader, listening: asyncio.Event) -> None:
        name, data = "", ""
        async for line in reader:
            text = line.decode().rstrip("\n")
            if text.startswith("event: "):
                name, data = text[7:], ""
            elif text.startswith("data: "):
                data += text[6:] + "\n"
            elif not text and name:
                if name == "offer":
                    await self.answer(data)
                elif self._turn is None or self._turn.done():
                    self._turn = asyncio.create_task(self.fetch_changes(int(data) / 1000))
                listening.set()
                name = ""

    async def fetch_changes(self, after: float) -> None:
        """Fetch what changed, after the delay in seconds that the server asked for."""
        await asyncio.sleep(after)
        await self.answer((await self.ask("GET", f"/desk/live?{urlencode(self.seen)}"))[1])

    async def answer(self, html: str) -> None:
        """Accept the offer in this fragment, if there is one."""
        self._learn(html)
        found = _ACCEPT.search(html)
        if found is None or self.times:
            return
        self.times = {"call": found[2], "visible": time.time()}
        if self.think[1]:
            await asyncio.sleep(random.uniform(*self.think))
        self.times["clicked"] = time.time()
        status, html = await self.ask("POST", found[1], {"form_token": self.token, **self.seen})
        self.times |= {"acknowledged": time.time(), "status": status}
        self._learn(html)

    async def beat(self) -> None:
        await asyncio.sleep(random.uniform(0, BEAT_EVERY.total_seconds()))
        while True:
            _, html = await self.ask("POST", "/desk/presence/heartbeat", {"form_token": self.token, **self.seen})
            self._learn(html)
            await asyncio.sleep(BEAT_EVERY.total_seconds())

    def _learn(self, html: str) -> None:
        self.seen |= dict(_SEEN.findall(html))
        if not self.token and (found := _TOKEN.search(html)):
            self.token = found[1]

    async def ask(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        """Send a request; sent again if the connection breaks, as a user would click again."""
        async with self._lock:
            while True:
                try:
                    return await self._ask(method, path, form)
                except (OSError, asyncio.IncompleteReadError, IndexError, ValueError):
                    self._line = None
                    await asyncio.sleep(0.2)

    async def _ask(self, method: str, path: str, form: dict[str, str] | None) -> tuple[int, str]:
        body = urlencode(form or {}).encode()
        more = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n" if form else ""
        if self._line is None or self._line[0].at_eof():
            self._line = await asyncio.open_connection(self.host, self.port)
        reader, writer = self._line
        writer.write(self._head(method, path, f"HX-Request: true\r\n{more}") + body)
        status = int((await reader.readline()).split()[1])
        length = 0
        while (line := await reader.readline()) not in (b"\r\n", b""):
            name, _, value = line.decode("latin-1").partition(":")
            if name.lower() == "content-length":
                length = int(value)
        return status, (await reader.readexactly(length)).decode()

    def _head(self, method: str, path: str, more: str) -> bytes:
        return (
            f"{method} {path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\nCookie: muster={self.cookie}\r\n"
            f"Sec-Fetch-Site: same-origin\r\n{more}\r\n"
        ).encode()


async def main() -> None:
    request = json.loads(sys.stdin.readline())
    think = tuple(request["think"])
    desks = [Desk(request["host"], request["port"], cookie, think) for cookie in request["cookies"]]
    gate = asyncio.Semaphore(SIGN_INS_AT_ONCE)
    tasks: list[asyncio.Task[None]] = []

    async def start(desk: Desk) -> None:
        """Agents arrive a few at a time; from then on, each listens and sends heartbeats."""
        async with gate:
            await desk.become_available()
            ready = asyncio.Event()
            tasks.append(asyncio.create_task(desk.listen(ready)))
            tasks.append(asyncio.create_task(desk.beat()))
            await ready.wait()

    await asyncio.gather(*(start(desk) for desk in desks))
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    broken = [task for task in tasks if task.done()]
    print(json.dumps({"times": [desk.times for desk in desks if desk.times], "broken": len(broken)}), flush=True)
    for task in tasks:
        task.cancel()


if __name__ == "__main__":
    uvloop.run(main())
