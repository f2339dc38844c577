"""Waits for a request's whole body before anything is begun for it, so that half a request takes up nobody's place."""

from __future__ import annotations

import asyncio

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.failure import Overloaded
from web.error_pages import answer
from web.security.headers import LARGEST_BODY, largest_body

BODY_WITHIN = 30.0
"""Seconds within which a body must be complete."""
UPLOADS_AT_ONCE = 4
"""Maximum bodies of over a megabyte that a process holds in memory."""


class WholeBody:
    """Runs outside the admission: a body that trickles in costs memory, and no lane's share.

    Most bodies have at most a megabyte; larger uploads are few at a time.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._uploads = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif not _may_be_large(scope):
            await self._answer(scope, receive, send)
        elif self._uploads >= UPLOADS_AT_ONCE:
            await (await answer(Request(scope, receive), Overloaded()))(scope, receive, send)
        else:
            self._uploads += 1
            try:
                await self._answer(scope, receive, send)
            finally:
                self._uploads -= 1

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
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


def _may_be_large(scope: Scope) -> bool:
    """Whether the body may be larger than most may be: it says so, or it doesn't say how large it is."""
    if largest_body(scope) == LARGEST_BODY:
        return False
    declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
    return not declared.isdigit() or int(declared) > LARGEST_BODY


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
