"""Security headers, the request size limit, and HEAD handled as GET without a body."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_BODY = 1_000_000
"""Maximum size of a request body in bytes."""


def content_policy(room_url: str, style_nonce: str = "") -> str:
    """Allows only content from this site. Forms may also lead to the rooms' site, because one is for joining a call.

    ``style_nonce``, unique to each response, allows our own script to add a style sheet.
    """
    styles = f"'self' 'nonce-{style_nonce}'" if style_nonce else "'self'"
    room = urlsplit(room_url.replace("{", "").replace("}", ""))
    rooms = f" {room.scheme}://{room.netloc}" if room.scheme in ("http", "https") and room.netloc else ""
    return (
        f"default-src 'none'; script-src 'self'; style-src {styles}; img-src 'self' data:; font-src 'self'; "
        f"connect-src 'self'; form-action 'self'{rooms}; frame-ancestors 'none'; base-uri 'none'"
    )


class Shield:
    """The outermost middleware. Adds ``Strict-Transport-Security`` if ``base_url`` is https."""

    def __init__(self, app: ASGIApp, *, room_url: str, base_url: str) -> None:
        self.app = app
        self.headers = {
            "Content-Security-Policy": content_policy(room_url),
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Permissions-Policy": "camera=(self), microphone=(self), geolocation=()",
            "Cache-Control": "no-store",
            "X-Robots-Tag": "noindex",
        }
        if base_url.startswith("https://"):
            self.headers["Strict-Transport-Security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        # A link scanner that sends HEAD must get the headers that a reader would get.
        head = scope["method"] == "HEAD"
        inner = {**scope, "method": "GET"} if head else scope

        async def shielded_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
            elif head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self.app(inner, _limited(scope, receive), shielded_send)


def _limited(scope: Scope, receive: Receive) -> Receive:
    """A ``receive`` that raises 413 if the Content-Length is too large, or once too much has been read."""
    declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    read = int(declared) if declared.isdigit() and int(declared) > LARGEST_BODY else 0

    async def limited() -> Message:
        nonlocal read
        if read > LARGEST_BODY:
            raise HTTPException(413)
        message = await receive()
        if message["type"] == "http.request":
            read += len(message.get("body", b""))
            if read > LARGEST_BODY:
                raise HTTPException(413)
        return message

    return limited
