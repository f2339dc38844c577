"""Reads an untrusted calendar (RFC 5545) in a separate process.

A small file can describe a million occurrences, and a thread can't be stopped. So each calendar is read by
a process of its own, ``python -m activities.integrations.calendar_reading``, whose memory and CPU time are limited by
the operating system. Only times are kept; text never leaves that process.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import resource
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import recurring_ical_events  # type: ignore[import-untyped]
from icalendar import Calendar, Event, FreeBusy, vRecur
from icalendar.cal import Component

from activities.integrations.calendar_barren import drop_barren
from activities.integrations.calendar_bounds import is_over, refuse_endless, refuse_unread
from domain.booking import Span
from domain.schedules.calendar_feed import OWN_PREFIX, SPANS_AT_MOST, FeedUnread, Reading
from domain.schedules.schedule import within
from domain.schedules.shifts import merged
from rules_dsl.model.clock_words import zone_named

TIMEOUT = 25.0
"""Seconds until a reader is killed; far more than a real calendar needs, even on a busy machine."""
CPU_SECONDS = 10
MEMORY = 800 * 1024 * 1024
KEPT = (
    "UID",
    "DTSTART",
    "DTEND",
    "DURATION",
    "RRULE",
    "RDATE",
    "EXDATE",
    "RECURRENCE-ID",
    "STATUS",
    "TRANSP",
    "SEQUENCE",
)
"""The event properties that are kept; none of them holds text that somebody typed."""
TOO_OFTEN = {"SECONDLY", "MINUTELY"}
BUSY_STATUS = "X-MICROSOFT-CDO-BUSYSTATUS"


async def read_calendar(content: bytes, bounds: Span, zone: str, time_limit: float = TIMEOUT) -> Reading:
    """Busy times within the bounds. ``zone`` applies to times without a zone of their own. Raises ``FeedUnread``."""
    request = json.dumps({"from": bounds[0].isoformat(), "until": bounds[1].isoformat(), "zone": zone})
    reader = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        __name__,
        request,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(time_limit):
            answer, _ = await reader.communicate(content)
    except TimeoutError:
        raise FeedUnread("it takes too long to read: does an event in it repeat every second?") from None
    finally:
        if reader.returncode is None:
            with suppress(ProcessLookupError):
                reader.kill()
            await reader.wait()
    if reader.returncode != 0:
        raise FeedUnread("it takes too long to read, or too much memory: does an event in it repeat every second?")
    result = json.loads(answer)
    if "error" in result:
        raise FeedUnread(str(result["error"]))
    busy = tuple((datetime.fromisoformat(start), datetime.fromisoformat(stop)) for start, stop in result["busy"])
    return Reading(busy, base64.b64decode(result["content"]))


def main() -> None:
    """Entry point of the process.

    It takes the request as an argument and the calendar on stdin, and writes JSON to stdout.
    """
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    os.nice(5)
    request = json.loads(sys.argv[1])
    bounds = (datetime.fromisoformat(request["from"]), datetime.fromisoformat(request["until"]))
    sys.stdout.write(json.dumps(answer(sys.stdin.buffer.read(), bounds, request["zone"])))


def answer(content: bytes, bounds: Span, zone: str) -> dict[str, Any]:
    """The process's JSON result: ``busy`` and ``content``, or ``error``. Library exceptions never escape."""
    try:
        reading = read(content, bounds, zone)
    except FeedUnread as unread:
        return {"error": unread.reason}
    except Exception as failed:
        return {"error": f"something in it can't be understood ({type(failed).__name__})"}
    return {
        "busy": [[start.isoformat(), stop.isoformat()] for start, stop in reading.busy],
        "content": base64.b64encode(reading.content).decode(),
    }


def read(content: bytes, bounds: Span, zone: str) -> Reading:
    """Read the calendar in this process, without limits on time and memory. Raises ``FeedUnread``."""
    refuse_unread(content)
    try:
        calendars = Calendar.from_ical(content, multiple=True)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
        raise FeedUnread("it is not a calendar") from None
    if not calendars or any(calendar.name != "VCALENDAR" for calendar in calendars):
        raise FeedUnread("it is not a calendar")
    busy: list[Span] = []
    stored: list[bytes] = []
    for calendar in calendars:
        bare = _without_texts(calendar, bounds)
        refuse_endless(bare.walk("VEVENT"), bounds)
        drop_barren(bare.walk("VEVENT"))
        floating = ZoneInfo(zone) if (named := zone_named(_zone_of(calendar))) is None else named
        busy += within(_busy(bare, bounds, floating), bounds)
        stored.append(bytes(bare.to_ical()))
    spans = merged(busy)
    if len(spans) > SPANS_AT_MOST:
        raise FeedUnread(f"it has more than {SPANS_AT_MOST:,} busy times in two months")
    return Reading(tuple(spans), b"".join(stored))


def _zone_of(calendar: Component) -> str:
    return str(calendar.get("X-WR-TIMEZONE", ""))


def _without_texts(calendar: Component, bounds: Span) -> Calendar:
    bare = Calendar()
    bare.add("prodid", "-//Muster//Busy times//EN")
    bare.add("version", "2.0")
    if named := _zone_of(calendar):
        bare["X-WR-TIMEZONE"] = calendar["X-WR-TIMEZONE"] if zone_named(named) else "UTC"
    for zone in calendar.walk("VTIMEZONE"):
        bare.add_component(zone)
    for event in calendar.walk("VEVENT"):
        if _counts(event) and not is_over(event, bounds):
            bare.add_component(_times_of(event, Event(), KEPT))
    for free_busy in calendar.walk("VFREEBUSY"):
        bare.add_component(_times_of(free_busy, FreeBusy(), ("UID", "DTSTART", "DTEND", "FREEBUSY")))
    return bare


def _counts(event: Component) -> bool:
    """Whether the event may make its owner busy. A cancelled event still replaces its occurrence in a series."""
    rules = event.get("RRULE", [])
    for rule in rules if isinstance(rules, list) else [rules]:
        # The expansion skips rules that the parser couldn't read.
        if isinstance(rule, vRecur) and {str(value).upper() for value in rule.get("FREQ", [])} & TOO_OFTEN:
            raise FeedUnread("an event in it repeats every minute or second")
    own = str(event.get("UID", "")).startswith(OWN_PREFIX)
    return not own and "DTSTART" in event


def _times_of(source: Component, bare: Component, names: Iterable[str]) -> Component:
    for name in names:
        if name in source:
            bare[name] = source[name]
    if str(source.get(BUSY_STATUS, "")).upper() == "FREE":
        bare["TRANSP"] = "TRANSPARENT"
    return bare


def _busy(calendar: Calendar, bounds: Span, floating: ZoneInfo) -> Iterator[Span]:
    occurrences = recurring_ical_events.of(calendar, skip_bad_series=True).between(*bounds)
    for event in occurrences:
        cancelled = str(event.get("STATUS", "")).upper() == "CANCELLED"
        if cancelled or str(event.get("TRANSP", "")).upper() == "TRANSPARENT":
            continue
        with suppress(ValueError, KeyError, TypeError, AttributeError, OverflowError):
            yield _instants(event.start, event.end, floating)
    for free_busy in calendar.walk("VFREEBUSY"):
        periods = free_busy.get("FREEBUSY", [])
        for line in periods if isinstance(periods, list) else [periods]:
            if str(line.params.get("FBTYPE", "BUSY")).upper() != "FREE":
                yield from _periods(line, floating)


def _periods(line: Any, floating: ZoneInfo) -> Iterator[Span]:
    for period in getattr(line, "dts", [line]):
        with suppress(ValueError, TypeError, AttributeError, OverflowError):
            start, stop = getattr(period, "dt", period)
            yield _instants(start, start + stop if isinstance(stop, timedelta) else stop, floating)


def _instants(start: date, stop: date, floating: ZoneInfo) -> Span:
    return _instant(start, floating), _instant(stop, floating)


def _instant(moment: date, floating: ZoneInfo) -> datetime:
    """The instant in UTC. A date means midnight on that day; a time without a zone is in the calendar's zone."""
    at = moment if isinstance(moment, datetime) else datetime.combine(moment, time(), floating)
    return (at if at.tzinfo else at.replace(tzinfo=floating)).astimezone(UTC)


if __name__ == "__main__":
    main()
