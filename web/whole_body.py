"""Waits for a request's whole body before anything is begun for it, so that half a request takes up nobody's place."""

from __future__ import annotations

import asyncio

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.error_pages import answer

BODY_WITHIN = 30.0
"""Seconds within which a body must be complete."""


class WholeBody:
    """Runs outside the admission: a body that trickles in costs memory (at most a megabyte), and no lane's share."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(BODY_WITHIN):
                whole = await _read(receive)
        except TimeoutError:
            refused = HTTPException(408)
        except HTTPException as failure:
            refused = failure
        else:
            await self.app(scope, _replayed(whole, receive), send)
            return
        response = await answer(Request(scope, receive), refused)
        # The rest of the body isn't read, so the connection is of no further use.
        response.headers["Connection"] = "close"
        await response(scope, receive, send)


async def _read(receive: Receive) -> Message:
    """The whole body as one message, or the message that the caller has gone."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return message
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return {"type": "http.request", "body": b"".join(parts), "more_body": False}


def _replayed(whole: Message, receive: Receive) -> Receive:
    """What was read, then whatever comes after it."""
    read: list[Message] = [whole]

    async def replay() -> Message:
        return read.pop() if read else await receive()

    return replay
