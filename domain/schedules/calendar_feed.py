"""Calendar feeds: how often and how far ahead they are read, and what happens to one that can't be read. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from domain.booking import Span
from domain.schedules.change import ScheduleRefused

LARGEST = 10_000_000
"""The maximum size, in bytes, of a calendar that is fetched or uploaded, as it comes over the wire."""
LARGEST_UNPACKED = 50_000_000
"""The maximum size, in bytes, of a calendar that comes compressed."""
SPANS_AT_MOST = 5_000
"""The maximum number of busy times in a calendar; a calendar with more is not read."""
AHEAD = timedelta(days=62)
BACK = timedelta(days=3)
EXPANDED_AHEAD = timedelta(days=48)
"""An unchanged calendar is expanded again once its expanded busy times no longer reach this far ahead."""
EVERY = timedelta(minutes=15)
SLOWEST = timedelta(hours=6)
DELAYED = timedelta(minutes=1)
"""When a calendar is tried again that the machine was too busy to read."""
DELAYS_AT_MOST = 3
"""After this many delays in a row, a calendar counts as one that can't be read: something about it is too much."""
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


@dataclass
class FeedDelayed(FeedUnread):
    """The machine was too busy to read the calendar, or stopped its reader. It is tried again soon.

    That isn't counted as a failure of the calendar before it has happened ``DELAYS_AT_MOST`` times in a row.
    """

    def after(self, times: int) -> str:
        """The reason, for the calendar's owner, once it has happened this many times in a row."""
        return f"{self.reason}, {times} times in a row: it may be too large for this machine"


@dataclass(frozen=True)
class Reading:
    """What was read from a calendar."""

    busy: tuple[Span, ...]
    """Merged, in order, within the requested bounds."""
    content: bytes
    """The calendar in normalised form, stripped of all text: later days can be expanded from its times."""
    entries: int = 0
    """The number of the calendar's entries, past ones included."""
    unread: int = 0
    """The number of entries of which something could not be read. They count as busy if their start is known."""
    first_unread: datetime | None = None
    """When the first of them begins, if that is known."""
    fault: str = ""
    """An error of our own that made an entry unread, without any of the calendar's text; empty if there was none."""


def horizon(now: datetime) -> Span:
    """The span over which busy times are expanded."""
    return now - BACK, now + AHEAD


def next_fetch(now: datetime, failures: int, feed: int) -> datetime:
    """When to fetch a calendar again.

    The wait grows with each failure. Up to two minutes are added, depending on the feed's id.
    """
    wait = min(EVERY * (1 << min(failures, 8)), SLOWEST)
    return now + wait + timedelta(seconds=feed * 7 % 120)


_LONGEST_LINE = 1_000_000
_STAMPS = re.compile(rb"^(?:DTSTAMP|LAST-MODIFIED|CREATED)[:;][^\r\n]*\r?\n", re.MULTILINE)


def fingerprint(chunks: Iterable[bytes]) -> str:
    """A hash of an uncompressed calendar that stays the same if the calendar hasn't changed.

    The time of the request, which some programs write into events, is ignored.
    """
    found, rest = hashlib.sha256(), b""
    for chunk in chunks:
        # Whole lines at a time, unless they never end.
        lines, newline, rest = (rest + chunk).rpartition(b"\n")
        if len(rest) > _LONGEST_LINE:
            newline, rest = newline + rest, b""
        found.update(_STAMPS.sub(b"", lines + newline))
    found.update(rest)
    return found.hexdigest()


def unread_words(entries: int, unread: int) -> str:
    """How many entries could not be read: ``2 of 214 entries could not be read``; empty if all could."""
    if not unread:
        return ""
    return f"{unread:,} of {entries:,} {'entry' if entries == 1 else 'entries'} could not be read"


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
