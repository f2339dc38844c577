"""Simulated agents, a process of many: each keeps a real event stream open, asks when woken, and accepts.

Started with one JSON object on standard input; says ``ready`` when every desk listens, and a JSON object of moments
when a line comes in. Moments are seconds since 1970.
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
AT_ONCE = 8


@dataclass
class Desk:
    """One agent's browser."""

    host: str
    port: int
    cookie: str
    think: tuple[float, float]
    seen: dict[str, str] = field(default_factory=dict)
    token: str = ""
    told: dict[str, Any] = field(default_factory=dict)
    _line: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
    _turn: asyncio.Task[None] | None = None
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def sit_down(self) -> None:
        """Load the page and say that one is available."""
        self._learn((await self.ask("GET", "/desk"))[1])
        await self.ask("POST", "/desk/presence", {"state": "available", "form_token": self.token})

    async def listen(self, open_now: asyncio.Event) -> None:
        """As an EventSource: comes back a second after a break, and asks then too."""
        while True:
            try:
                reader, writer = await asyncio.open_connection(self.host, self.port)
                writer.write(self._head("GET", "/desk/stream", "Accept: text/event-stream\r\n"))
                await self._follow(reader, open_now)
                writer.close()
            except OSError:
                pass
            await asyncio.sleep(1)

    async def _follow(self, reader: asyncio.StreamReader, open_now: asyncio.Event) -> None:
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
                    self._turn = asyncio.create_task(self.look(int(data) / 1000))
                open_now.set()
                name = ""

    async def look(self, after: float) -> None:
        """What a woken desk does: ask what changed when the server says, in seconds."""
        await asyncio.sleep(after)
        await self.answer((await self.ask("GET", f"/desk/live?{urlencode(self.seen)}"))[1])

    async def answer(self, drawn: str) -> None:
        """Accept what is offered."""
        self._learn(drawn)
        found = _ACCEPT.search(drawn)
        if found is None or self.told:
            return
        self.told = {"call": found[2], "visible": time.time()}
        if self.think[1]:
            await asyncio.sleep(random.uniform(*self.think))
        self.told["clicked"] = time.time()
        status, drawn = await self.ask("POST", found[1], {"form_token": self.token, **self.seen})
        self.told |= {"acknowledged": time.time(), "status": status}
        self._learn(drawn)

    async def beat(self) -> None:
        await asyncio.sleep(random.uniform(0, BEAT_EVERY.total_seconds()))
        while True:
            _, drawn = await self.ask("POST", "/desk/presence/heartbeat", {"form_token": self.token, **self.seen})
            self._learn(drawn)
            await asyncio.sleep(BEAT_EVERY.total_seconds())

    def _learn(self, drawn: str) -> None:
        self.seen |= dict(_SEEN.findall(drawn))
        if not self.token and (found := _TOKEN.search(drawn)):
            self.token = found[1]

    async def ask(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        """Asked again where the connection breaks: a browser's user would press once more."""
        async with self._one_at_a_time:
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
    asked = json.loads(sys.stdin.readline())
    desks = [Desk(asked["host"], asked["port"], cookie, tuple(asked["think"])) for cookie in asked["cookies"]]
    gate = asyncio.Semaphore(AT_ONCE)
    going: list[asyncio.Task[None]] = []

    async def sit(desk: Desk) -> None:
        """As people come in the morning: one after the other, each listening and beating from then on."""
        async with gate:
            await desk.sit_down()
            ready = asyncio.Event()
            going.append(asyncio.create_task(desk.listen(ready)))
            going.append(asyncio.create_task(desk.beat()))
            await ready.wait()

    await asyncio.gather(*(sit(desk) for desk in desks))
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    broken = [task for task in going if task.done()]
    print(json.dumps({"told": [desk.told for desk in desks if desk.told], "broken": len(broken)}), flush=True)
    for task in going:
        task.cancel()


if __name__ == "__main__":
    uvloop.run(main())
