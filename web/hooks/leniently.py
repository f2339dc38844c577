"""Reads values that other programs fill in as they can: null, blank, numbers as text, any zone, any line break."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import available_timezones

from domain.typed_text import OVERRIDES
from web.api.conversation import LONGEST_TEXT, MESSAGES
from web.api.phone import e164

_DIGITS = 9
"""The longest count: what PostgreSQL's INTEGER holds in any case."""


def line(value: object, longest: int = 2000) -> str:
    """One line of text, without what can't be shown; empty for null. Longer text is cut."""
    if value is None or isinstance(value, bool | dict | list):
        return ""
    shown = (" " if unicodedata.category(mark) == "Cc" else mark for mark in str(value) if _is_shown(mark))
    return " ".join("".join(shown).split())[:longest].strip()


def mail_or_as_sent(value: object) -> str | None:
    """The address without what is often around it; None if there is none. Whether it is valid is checked later."""
    text = line(value).removeprefix("mailto:").strip("<>")
    return text or None


def zone_of(value: object) -> str:
    zone = line(value)
    return zone if zone in available_timezones() else ""


def phone_of(value: object) -> str:
    """The number in E.164; empty if it isn't one."""
    try:
        return e164(line(value))
    except ValueError:
        return ""


def count_of(value: object) -> int | None:
    text = line(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None


def moment_of(value: object) -> datetime | None:
    """An RFC 3339 time, in UTC; None for anything else. One without an offset is taken to be in UTC."""
    try:
        moment = datetime.fromisoformat(line(value))
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def conversation_of(value: object) -> list[dict[str, Any]]:
    """The latest messages that fit, oldest first; the oldest is cut. A text alone is one message."""
    sent = [_message(one) for one in (value if isinstance(value, list) else [value])]
    kept: list[dict[str, Any]] = []
    room = LONGEST_TEXT
    for message in reversed([one for one in sent if one["text"]][-MESSAGES:]):
        text = message["text"].encode()[:room].decode(errors="ignore").strip()
        if text:
            kept.append(message | {"text": text})
        room -= len(text.encode())
    return kept[::-1]


def _message(value: object) -> dict[str, Any]:
    fields = value if isinstance(value, dict) else {"text": value}
    moment = moment_of(fields.get("at"))
    return {
        "author": line(fields.get("author"), 200),
        "at": moment.isoformat() if moment else None,
        "text": "".join(_of_text(fields.get("text"))).strip(),
    }


def _of_text(value: object) -> Iterator[str]:
    text = value if isinstance(value, str) else line(value)
    for mark in text.replace("\r\n", "\n").replace("\r", "\n"):
        if mark in "\n\t" or (_is_shown(mark) and unicodedata.category(mark) != "Cc"):
            yield mark


def _is_shown(mark: str) -> bool:
    return unicodedata.category(mark) != "Cs" and mark not in OVERRIDES
