"""Reading a calendar (RFC 5545) that may come from anybody, in a process of its own.

A small file can name a million repetitions, and no thread can be told to stop. So it is read by
``python -m activities.integrations.calendar_reading``, which is bounded in memory and time by the system.
Only times are kept; words never leave that process.
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
"""Seconds until a reader is killed; far more than any honest calendar needs on a busy machine."""
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
"""Of an event. Nothing here is said by anybody in words."""
TOO_OFTEN = {"SECONDLY", "MINUTELY"}
BUSY_STATUS = "X-MICROSOFT-CDO-BUSYSTATUS"


async def read_calendar(content: bytes, bounds: Span, zone: str, timeout: float = TIMEOUT) -> Reading:
    """Its busy times between the bounds. ``zone`` is that of times that name none. Raises ``FeedUnread``."""
    asked = json.dumps({"from": bounds[0].isoformat(), "until": bounds[1].isoformat(), "zone": zone})
    reader = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        __name__,
        asked,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(timeout):
            answer, _ = await reader.communicate(content)
    except TimeoutError:
        raise FeedUnread("it takes too long to read: does something in it repeat each second?") from None
    finally:
        if reader.returncode is None:
            with suppress(ProcessLookupError):
                reader.kill()
            await reader.wait()
    if reader.returncode != 0:
        raise FeedUnread("it takes too long to read, or too much memory: does something in it repeat each second?")
    said = json.loads(answer)
    if "error" in said:
        raise FeedUnread(str(said["error"]))
    busy = tuple((datetime.fromisoformat(start), datetime.fromisoformat(stop)) for start, stop in said["busy"])
    return Reading(busy, base64.b64decode(said["content"]))


def main() -> None:
    """The process: what is asked for as its argument, the calendar on its input, JSON on its output."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    os.nice(5)
    asked = json.loads(sys.argv[1])
    bounds = (datetime.fromisoformat(asked["from"]), datetime.fromisoformat(asked["until"]))
    sys.stdout.write(json.dumps(answer(sys.stdin.buffer.read(), bounds, asked["zone"])))


def answer(content: bytes, bounds: Span, zone: str) -> dict[str, Any]:
    """What the process says, whatever a library stumbles over in somebody else's file."""
    try:
        reading = read(content, bounds, zone)
    except FeedUnread as unread:
        return {"error": unread.reason}
    except Exception as failed:
        return {"error": f"something in it can't be made sense of ({type(failed).__name__})"}
    return {
        "busy": [[start.isoformat(), stop.isoformat()] for start, stop in reading.busy],
        "content": base64.b64encode(reading.content).decode(),
    }


def read(content: bytes, bounds: Span, zone: str) -> Reading:
    """The same in this process, unbounded. Raises ``FeedUnread``."""
    refuse_unread(content)
    try:
        calendars = Calendar.from_ical(content, multiple=True)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
        raise FeedUnread("what stands there is no calendar") from None
    if not calendars or any(calendar.name != "VCALENDAR" for calendar in calendars):
        raise FeedUnread("what stands there is no calendar")
    busy: list[Span] = []
    kept: list[bytes] = []
    for calendar in calendars:
        bare = _without_words(calendar, bounds)
        refuse_endless(bare.walk("VEVENT"), bounds)
        drop_barren(bare.walk("VEVENT"))
        floating = ZoneInfo(zone) if (named := zone_named(_zone_of(calendar))) is None else named
        busy += within(_busy(bare, bounds, floating), bounds)
        kept.append(bytes(bare.to_ical()))
    spans = merged(busy)
    if len(spans) > SPANS_AT_MOST:
        raise FeedUnread(f"it has more than {SPANS_AT_MOST} busy times in two months")
    return Reading(tuple(spans), b"".join(kept))


def _zone_of(calendar: Component) -> str:
    return str(calendar.get("X-WR-TIMEZONE", ""))


def _without_words(calendar: Component, bounds: Span) -> Calendar:
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
    """Whether it may make anybody busy. One that is called off still takes a repetition's place."""
    rules = event.get("RRULE", [])
    for rule in rules if isinstance(rules, list) else [rules]:
        # A rule that the parser could not read is left for the one who lays it out to skip.
        if isinstance(rule, vRecur) and {str(often).upper() for often in rule.get("FREQ", [])} & TOO_OFTEN:
            raise FeedUnread("something in it repeats each minute or second")
    own = str(event.get("UID", "")).startswith(OWN_PREFIX)
    return not own and "DTSTART" in event


def _times_of(whole: Component, bare: Component, names: Iterable[str]) -> Component:
    for name in names:
        if name in whole:
            bare[name] = whole[name]
    if str(whole.get(BUSY_STATUS, "")).upper() == "FREE":
        bare["TRANSP"] = "TRANSPARENT"
    return bare


def _busy(calendar: Calendar, bounds: Span, floating: ZoneInfo) -> Iterator[Span]:
    occurrences = recurring_ical_events.of(calendar, skip_bad_series=True).between(*bounds)
    for event in occurrences:
        called_off = str(event.get("STATUS", "")).upper() == "CANCELLED"
        if called_off or str(event.get("TRANSP", "")).upper() == "TRANSPARENT":
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
    """A day begins at its midnight; a time without a zone is one of the calendar's."""
    at = moment if isinstance(moment, datetime) else datetime.combine(moment, time(), floating)
    return (at if at.tzinfo else at.replace(tzinfo=floating)).astimezone(UTC)


if __name__ == "__main__":
    main()
