"""Hands on large responses in portions, so that compressing one doesn't hold up everybody else."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

PORTION = 64 * 1024
"""Bytes that are compressed at a time: about a millisecond."""


class Portions:
    """Runs inside the compression."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_in_portions(message: Message) -> None:
            body = message.get("body", b"")
            if message["type"] != "http.response.body" or len(body) <= PORTION:
                await send(message)
                return
            for start in range(0, len(body), PORTION):
                more = start + PORTION < len(body) or message.get("more_body", False)
                await send({**message, "body": body[start : start + PORTION], "more_body": more})
                await asyncio.sleep(0)

        await self.app(scope, receive, send_in_portions)
