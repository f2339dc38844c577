"""Security headers, the request size limit, and HEAD handled as GET without a body."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.schedules.calendar_feed import LARGEST

LARGEST_BODY = 1_000_000
"""Maximum size of a request body in bytes, except for uploads."""
LARGEST_UPLOAD = LARGEST + 100_000
"""The same for a form with a calendar file."""
_UPLOADS = re.compile(r"/shifts/(?:me|people/[0-9]+)/calendars")


def content_policy(room_url: str, style_nonce: str = "", *, media: bool = False) -> str:
    """Allows only content from this site. Forms may also lead to the rooms' site, because one is for joining a call.

    ``style_nonce``, unique to each response, allows our own script to add a style sheet. ``media`` allows what a call
    needs: sound, pictures and files that the page itself has received.
    """
    styles = f"'self' 'nonce-{style_nonce}'" if style_nonce else "'self'"
    room = urlsplit(room_url.replace("{", "").replace("}", ""))
    rooms = f" {room.scheme}://{room.netloc}" if room.scheme in ("http", "https") and room.netloc else ""
    pictures, sounds = ("'self' data: blob:", "media-src 'self' blob:; ") if media else ("'self' data:", "")
    return (
        f"default-src 'none'; script-src 'self'; style-src {styles}; img-src {pictures}; {sounds}font-src 'self'; "
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


def largest_body(scope: Scope) -> int:
    """Maximum size of this request's body in bytes."""
    is_upload = scope["method"] == "POST" and _UPLOADS.fullmatch(scope["path"])
    return LARGEST_UPLOAD if is_upload else LARGEST_BODY


def _limited(scope: Scope, receive: Receive) -> Receive:
    """A ``receive`` that raises 413 if the Content-Length is too large, or once too much has been read."""
    declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    largest = largest_body(scope)
    read = int(declared) if declared.isdigit() and int(declared) > largest else 0

    async def limited() -> Message:
        nonlocal read
        if read > largest:
            raise HTTPException(413)
        message = await receive()
        if message["type"] == "http.request":
            read += len(message.get("body", b""))
            if read > largest:
                raise HTTPException(413)
        return message

    return limited
