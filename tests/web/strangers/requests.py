"""Requests sent straight to the application, encoded beforehand: a client's own work would count as the web's."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import FastAPI
from starlette.types import Message

from tests.web.forms import form_to
from tests.web.office import Browser, Office
from tests.web.strangers.holding import turns_watched

FORM = {"content-type": "application/x-www-form-urlencoded"}
JSON = {"content-type": "application/json"}
CHUNK = 65_536
"""Bytes that a server hands on at once."""


@dataclass(frozen=True)
class Held:
    """An answer and the longest time for which the loop was held by giving it, in processor seconds."""

    status: int
    body: bytes
    seconds: float


async def ask(app: FastAPI, method: str, address: str, headers: Mapping[str, str], body: bytes = b"") -> Held:
    path, _, query = address.partition("?")
    chunks = [body[at : at + CHUNK] for at in range(0, len(body), CHUNK)] or [b""]
    got: list[Message] = []

    async def receive() -> Message:
        if not chunks:
            await asyncio.Event().wait()
        await asyncio.sleep(0)
        return {"type": "http.request", "body": chunks.pop(0), "more_body": bool(chunks)}

    async def send(message: Message) -> None:
        got.append(message)

    named = [(name.lower().encode(), value.encode()) for name, value in {"host": "127.0.0.1:8700", **headers}.items()]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": named,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8700),
        "state": {},
    }
    async with turns_watched() as spent:
        await app(scope, receive, send)
        await asyncio.sleep(0.005)
    return Held(got[0]["status"], b"".join(one.get("body", b"") for one in got[1:]), max(spent))


async def signed_form(office: Office, browser: Browser, drawn_on: str) -> tuple[dict[str, str], dict[str, str]]:
    """The headers and the form token with which this browser sends a form."""
    token = form_to(await browser.get(drawn_on), "/sign-out").fields["form_token"]
    return {"cookie": browser.client.headers["Cookie"], "sec-fetch-site": "same-origin"} | FORM, {"form_token": token}


def encoded(fields: Mapping[str, str]) -> bytes:
    return urlencode(fields).encode()
