"""Times and durations in words, in the reader's time zone."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from domain.letter import Incomplete, LetterContext

_UNITS = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))


def at(moment: datetime, zone: str) -> str:
    """``Tuesday 24 November 2026 at 10:30 (Europe/Copenhagen, UTC+1)``.

    The offset is included because one hour occurs twice on the night when the clocks go back.
    """
    local = moment.astimezone(ZoneInfo(zone))
    offset = _offset(local.utcoffset() or timedelta())
    named = offset if zone == "UTC" else f"{zone}, {offset}"
    seconds = f":{local:%S}" if local.second else ""
    return f"{local:%A} {local.day} {local:%B %Y} at {local:%H:%M}{seconds} ({named})"


def until(moment: datetime, zone: str) -> str:
    """The moment at which something expires, to the minute: the seconds of an expiry say nothing to a reader."""
    return at(moment.replace(second=0, microsecond=0), zone)


def span(time: timedelta) -> str:
    """A duration in its two largest units: ``20 minutes``, ``1 hour 30 minutes``. At least one second."""
    seconds = max(round(time.total_seconds()), 1)
    if seconds > 600:
        seconds = round(seconds / 60) * 60
    words = []
    for unit, size in _UNITS:
        count, seconds = divmod(seconds, size)
        if count:
            words.append(f"{count} {unit}{'s' if count > 1 else ''}")
    return " ".join(words[:2])


def starts(context: LetterContext) -> datetime:
    """The booked call's start time. Raises ``Incomplete`` for a call now."""
    if context.starts_at is None:
        raise Incomplete("start")
    return context.starts_at


def starts_in_words(context: LetterContext) -> str:
    return at(starts(context), context.time_zone)


def has_started(context: LetterContext) -> bool:
    """Whether the start time has passed when the letter is read at the earliest."""
    return context.moment > starts(context)


def begins(context: LetterContext) -> str:
    """``begins in 1 hour``, ``begins now``, or ``was due to begin 2 minutes ago``."""
    left = starts(context) - context.moment
    if left > timedelta(seconds=30):
        return f"begins in {span(left)}"
    return "begins now" if left >= timedelta(0) else f"was due to begin {span(-left)} ago"


def hello(name: str) -> str:
    return f"Hello {name}," if name else "Hello,"


def customer(context: LetterContext) -> str:
    return context.customer_name or "a customer"


def _offset(offset: timedelta) -> str:
    minutes = round(offset.total_seconds() / 60)
    sign = "-" if minutes < 0 else "+"
    hours, rest = divmod(abs(minutes), 60)
    return "UTC" if not minutes else f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "")
