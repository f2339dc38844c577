"""Calendars that are read in: how often, how far, and what becomes of one that can't be read. Pure."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from domain.booking import Span
from domain.schedules.change import ScheduleRefused

LARGEST = 2_000_000
"""Bytes of one calendar."""
LARGEST_FILE = 900_000
"""Bytes of one that is sent by a form."""
SPANS_AT_MOST = 5_000
"""Busy times of one calendar; one with more is not read."""
AHEAD = timedelta(days=62)
BACK = timedelta(days=3)
LAID_OUT_AHEAD = timedelta(days=48)
"""When less than this is laid out, a calendar that did not change is laid out again."""
EVERY = timedelta(minutes=15)
SLOWEST = timedelta(hours=6)
FEEDS_AT_MOST = 10
"""A person."""
LONGEST_NAME, LONGEST_ADDRESS = 60, 2000
OWN_PREFIX = "muster-"
"""Of the UIDs that we give. A calendar that shows our own entries makes nobody busy with them."""


@dataclass
class FeedUnread(Exception):
    """The calendar could not be read; what it said before still counts."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass(frozen=True)
class Reading:
    """What a calendar says."""

    busy: tuple[Span, ...]
    """Merged, in order, between the bounds asked for."""
    content: bytes
    """The calendar without its words: times alone, to lay out further days from later."""


def horizon(now: datetime) -> Span:
    """Between which instants busy times are laid out."""
    return now - BACK, now + AHEAD


def next_look(now: datetime, failures: int, feed: int) -> datetime:
    """When a calendar is fetched again: seldom where it fails again and again, and not all at one moment."""
    wait = min(EVERY * (1 << min(failures, 8)), SLOWEST)
    return now + wait + timedelta(seconds=feed * 7 % 120)


_STAMPS = re.compile(rb"^(?:DTSTAMP|LAST-MODIFIED|CREATED)[:;][^\r\n]*\r?\n", re.MULTILINE)


def fingerprint(content: bytes) -> str:
    """By which a calendar is the same as before. Some programs write the moment of asking into each event."""
    return hashlib.sha256(_STAMPS.sub(b"", content)).hexdigest()


def check_name(name: str) -> str:
    """Raises ``ScheduleRefused``."""
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise ScheduleRefused("name", f"Name the calendar in 1 to {LONGEST_NAME} characters.")
    return name


def check_address(url: str) -> str:
    """The address of a calendar. Raises ``ScheduleRefused``."""
    url = url.strip()
    wanted = "An address of a calendar is wanted, such as https://calendar.example/me.ics."
    if not url or len(url) > LONGEST_ADDRESS or not url.isprintable() or " " in url:
        raise ScheduleRefused("url", wanted)
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  reading it judges it
    except ValueError:
        raise ScheduleRefused("url", wanted) from None
    if parts.scheme.lower() not in ("http", "https", "webcal", "webcals") or not parts.hostname:
        raise ScheduleRefused("url", wanted)
    if parts.username or parts.password:
        raise ScheduleRefused("url", "An address with a password in it would be shown to others. Use a secret address.")
    return url
