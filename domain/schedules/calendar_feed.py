"""Calendar feeds: how often and how far ahead they are read, and what happens to one that can't be read. Pure."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from domain.booking import Span
from domain.schedules.change import ScheduleRefused

LARGEST = 2_000_000
"""The maximum size, in bytes, of a calendar that is read."""
LARGEST_FILE = 900_000
"""The maximum size, in bytes, of an uploaded calendar file."""
SPANS_AT_MOST = 5_000
"""The maximum number of busy times in a calendar; a calendar with more is not read."""
AHEAD = timedelta(days=62)
BACK = timedelta(days=3)
EXPANDED_AHEAD = timedelta(days=48)
"""An unchanged calendar is expanded again once its expanded busy times no longer reach this far ahead."""
EVERY = timedelta(minutes=15)
SLOWEST = timedelta(hours=6)
FEEDS_AT_MOST = 10
"""The maximum number of feeds per person."""
LONGEST_NAME, LONGEST_ADDRESS = 60, 2000
OWN_PREFIX = "muster-"
"""Prefix of the UIDs that Muster assigns, so that our own entries in somebody's calendar don't count as busy times."""


@dataclass
class FeedUnread(Exception):
    """The calendar could not be read; its previous busy times still count."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass(frozen=True)
class Reading:
    """What was read from a calendar."""

    busy: tuple[Span, ...]
    """Merged, in order, within the requested bounds."""
    content: bytes
    """The calendar stripped of all text: only the times, from which later days can be expanded."""


def horizon(now: datetime) -> Span:
    """The span over which busy times are expanded."""
    return now - BACK, now + AHEAD


def next_fetch(now: datetime, failures: int, feed: int) -> datetime:
    """When to fetch a calendar again.

    The wait grows with each failure. Up to two minutes are added, depending on the feed's id.
    """
    wait = min(EVERY * (1 << min(failures, 8)), SLOWEST)
    return now + wait + timedelta(seconds=feed * 7 % 120)


_STAMPS = re.compile(rb"^(?:DTSTAMP|LAST-MODIFIED|CREATED)[:;][^\r\n]*\r?\n", re.MULTILINE)


def fingerprint(content: bytes) -> str:
    """A hash that stays the same if the calendar hasn't changed.

    The time of the request, which some programs write into events, is ignored.
    """
    return hashlib.sha256(_STAMPS.sub(b"", content)).hexdigest()


def check_name(name: str) -> str:
    """A calendar's name, stripped. Raises ``ScheduleRefused``."""
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise ScheduleRefused("name", f"Name the calendar in 1 to {LONGEST_NAME} characters.")
    return name


def check_address(url: str) -> str:
    """A calendar's address, stripped. Raises ``ScheduleRefused``."""
    url = url.strip()
    reason = "Enter the address of a calendar, such as https://calendar.example/me.ics."
    if not url or len(url) > LONGEST_ADDRESS or not url.isprintable() or " " in url:
        raise ScheduleRefused("url", reason)
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  reading it validates it
    except ValueError:
        raise ScheduleRefused("url", reason) from None
    if parts.scheme.lower() not in ("http", "https", "webcal", "webcals") or not parts.hostname:
        raise ScheduleRefused("url", reason)
    if parts.username or parts.password:
        raise ScheduleRefused("url", "An address with a password in it would be shown to others. Use a secret address.")
    return url
