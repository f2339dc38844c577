"""Builds calendars: well-formed ones and hostile ones."""

from __future__ import annotations

import itertools

_NUMBERS = itertools.count(1)


def event(*lines: str, uid: str = "") -> str:
    named = uid or f"event-{next(_NUMBERS)}@calendar.example"
    return "\r\n".join(["BEGIN:VEVENT", f"UID:{named}", "DTSTAMP:20261101T000000Z", *lines, "END:VEVENT", ""])


def calendar(*parts: str, head: str = "") -> bytes:
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Test//EN\r\n{head}{''.join(parts)}END:VCALENDAR\r\n".encode()


def answer(content: bytes, *, status: str = "200 OK", headers: str = "") -> bytes:
    """The HTTP response with this content, as bytes."""
    head = f"HTTP/1.1 {status}\r\ncontent-type: text/calendar\r\ncontent-length: {len(content)}\r\n{headers}\r\n"
    return head.encode() + content
