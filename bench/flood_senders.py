"""A process that floods the web process with requests of one kind, until it is ended.

Run with the kind, the port and the cookie of a manager's session. Prints how many were answered so far, by status.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

SIGN_INS, HALVES, TEXTS = 30, 200, 8
"""How many are under way at a time."""
HALF_HEAD = b"GET /desk HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Half: "
HALF_BODY = (
    b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 900\r\n\r\nemail=half"
)
_TOKEN = re.compile(r'name="form_token" value="([^"]+)"')
_FIRST = 'rules for "Flood"\n  time zone Europe/Copenhagen\n  currency EUR\n\n'
_RULE = 'rule "rule {0}"\n  when replies is at least {0}\n  and tags include "tag {0}"\n  send to team "Support"\n\n'
_LAST = 'otherwise\n  send to team "Support"\n'
BIG_TEXT = _FIRST + "".join(_RULE.format(number) for number in range(2_500)) + _LAST
"""About 250,000 characters, of which 300,000 are allowed."""

_nth = itertools.count()
_answered: Counter[str] = Counter()


async def sign_in(client: httpx.AsyncClient, _: dict[str, str]) -> None:
    """A wrong password for an unknown account, each from another address, so that no limit applies: two hashes at a
    time keep both cores busy.
    """
    number = next(_nth)
    client.cookies.clear()
    page = await client.get("/sign-in", headers=_from(number))
    found = _TOKEN.search(page.text)
    form = {"form_token": found[1] if found else "", "email": f"{number}@example.com", "password": "not it at all"}
    answer = await client.post("/sign-in", data=form, headers=_from(number))
    _answered[str(answer.status_code)] += 1


async def big_text(client: httpx.AsyncClient, form: dict[str, str]) -> None:
    answer = await client.post("/rules/check", data=form | {"text": BIG_TEXT}, headers={"HX-Request": "true"})
    _answered[str(answer.status_code)] += 1
    if answer.status_code == 503:
        await asyncio.sleep(1)


async def half(port: int, content: bytes) -> None:
    """Half a request, and the next one when the web has closed the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(content)
    await reader.read()
    _answered["closed"] += 1
    writer.close()


def _from(number: int) -> dict[str, str]:
    address = f"198.{18 + number // 65_025 % 2}.{number // 255 % 255}.{number % 255}"
    return {"X-Forwarded-For": address, "Sec-Fetch-Site": "same-origin"}


async def _again(send: Callable[..., Awaitable[None]], *arguments: Any) -> None:
    while True:
        try:
            await send(*arguments)
        except (OSError, httpx.TransportError):
            _answered["broken"] += 1
            await asyncio.sleep(0.5)


async def flood(kind: str, port: int, cookie: str) -> None:
    headers = {"Cookie": f"muster={cookie}", "Sec-Fetch-Site": "same-origin"} if kind == "texts" else {}
    limits = httpx.Limits(max_connections=None)
    base = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(base_url=base, headers=headers, limits=limits, timeout=60) as client:
        form: dict[str, str] = {}
        if kind == "texts" and (found := _TOKEN.search((await client.get("/rules/edit")).text)):
            form["form_token"] = found[1]
        async with asyncio.TaskGroup() as tasks:
            if kind == "halves":
                for number in range(HALVES):
                    tasks.create_task(_again(half, port, HALF_BODY if number % 2 else HALF_HEAD))
            elif kind in ("sign-ins", "texts"):
                for _ in range(SIGN_INS if kind == "sign-ins" else TEXTS):
                    tasks.create_task(_again(sign_in if kind == "sign-ins" else big_text, client, form))
            while True:
                print(json.dumps(_answered), flush=True)
                await asyncio.sleep(0.5)


if __name__ == "__main__":
    asyncio.run(flood(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
