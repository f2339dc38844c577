"""Reads an untrusted calendar (RFC 5545) in a separate process.

A small file can describe a million occurrences, and a thread can't be stopped. So each calendar is read by
a process of its own, ``python -m activities.integrations.calendar_reading``, whose memory and processor time are
limited by the operating system; how long a busy machine takes doesn't count. Only times are kept; text never leaves
that process.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import os
import resource
import signal
import sys
import traceback
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime, tzinfo
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from activities.integrations.calendar_bounds import may_matter
from activities.integrations.calendar_entries import busy_periods, normalised
from activities.integrations.calendar_entry import CalendarContext, Entry
from activities.integrations.calendar_layout import lay_out
from activities.integrations.calendar_series import Series, assemble, written, zones_of
from activities.integrations.calendar_states import forget_others
from activities.integrations.calendar_text import RawCalendar, RawComponent, split_calendars
from activities.integrations.calendar_times import instant
from activities.integrations.calendar_zones import ZoneTable, rules_of, zone_called
from domain.booking import Span
from domain.schedules.calendar_feed import SPANS_AT_MOST, FeedDelayed, FeedUnread, Reading
from domain.schedules.schedule import within
from domain.schedules.shifts import merged

log = logging.getLogger(__name__)

PATIENCE = 150.0
"""Seconds after which a reader that gets no CPU time is stopped. Its calendar is tried again."""
CPU_SECONDS = 20
MEMORY = 800 * 1024 * 1024
TOO_MUCH_WORK = "it takes too long to read: does an event in it repeat every second?"


async def read_calendar(
    content: bytes,
    bounds: Span,
    zone: str,
    person: str = "",
    *,
    time_limit: float = PATIENCE,
    cpu_seconds: int = CPU_SECONDS,
) -> Reading:
    """Busy times within the bounds.

    ``zone`` applies to times without a zone of their own; ``person`` is the owner's mail address, whose answers to
    invitations count. Raises ``FeedUnread``, and ``FeedDelayed`` if the machine was too busy.
    """
    request = [*(bound.isoformat() for bound in bounds), zone, person, cpu_seconds]
    reader = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        __name__,
        json.dumps(request),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(time_limit):
            answer, _ = await reader.communicate(content)
    except TimeoutError:
        # It would have been stopped if it had used up its processor time.
        raise FeedDelayed("the machine was too busy to read it") from None
    finally:
        if reader.returncode is None:
            with suppress(ProcessLookupError):
                reader.kill()
            await reader.wait()
    return read_answer(reader.returncode, answer)


def read_answer(code: int | None, answer: bytes) -> Reading:
    """What a reader answered. Raises ``FeedUnread``, and ``FeedDelayed`` if somebody else stopped it."""
    if code in (-signal.SIGKILL, -signal.SIGTERM):
        raise FeedDelayed("its reader was stopped by the machine")
    if code == -signal.SIGXCPU:
        raise FeedUnread(TOO_MUCH_WORK)
    if code != 0:
        raise RuntimeError(f"the calendar reader ended with code {code}")
    result = json.loads(answer)
    if "fault" in result:
        log.error("calendar reader failed fault=%s", result["fault"])
    if "error" in result:
        raise FeedUnread(str(result["error"]))
    busy = tuple((datetime.fromisoformat(start), datetime.fromisoformat(stop)) for start, stop in result["busy"])
    first = datetime.fromisoformat(result["first_unread"]) if result["first_unread"] else None
    return Reading(busy, base64.b64decode(result["content"]), result["entries"], result["unread"], first)


def main() -> None:
    """Entry point of the process.

    It takes the request as an argument and the calendar on stdin, and writes JSON to stdout.
    """
    since, until, zone, person, cpu_seconds = json.loads(sys.argv[1])
    # Past the first limit, SIGXCPU stops it; the second only matters if that fails.
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 5))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    os.nice(5)
    bounds = (datetime.fromisoformat(since), datetime.fromisoformat(until))
    sys.stdout.write(json.dumps(answer(sys.stdin.buffer, bounds, zone, person)))


def answer(content: bytes | BinaryIO, bounds: Span, zone: str, person: str = "") -> dict[str, Any]:
    """The process's JSON result, or ``error`` in words for the calendar's owner, with ``fault`` if it is probably ours.

    No exception escapes.
    """
    try:
        reading = read(content, bounds, zone, person)
    except FeedUnread as unread:
        return {"error": unread.reason}
    except MemoryError:
        return {"error": "it takes too much memory to read"}
    except Exception as error:
        return {"error": "it contains something that we can't read", "fault": _fault(error)}
    result = {"fault": reading.fault} if reading.fault else {}
    return result | {
        "busy": [[start.isoformat(), stop.isoformat()] for start, stop in reading.busy],
        "content": base64.b64encode(reading.content).decode(),
        "entries": reading.entries,
        "unread": reading.unread,
        "first_unread": reading.first_unread.isoformat() if reading.first_unread else None,
    }


def _fault(error: Exception) -> str:
    """The kind of error and its line, without any of the calendar's text."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} {Path(frame.filename).name}:{frame.lineno}"


def read(content: bytes | BinaryIO, bounds: Span, zone: str, person: str = "") -> Reading:
    """Read the calendar in this process, without limits on time and memory. Raises ``FeedUnread``."""
    source = BytesIO(content) if isinstance(content, bytes) else content
    busy: list[Span] = []
    stored: list[str] = []
    unread: list[datetime | None] = []
    entries, fault = 0, ""

    def keeps(component: RawComponent) -> bool:
        forget_others(component, person)
        return may_matter(component, bounds)

    for calendar in split_calendars(source, keeps):
        own = _Calendar(calendar, zone, person)
        fault = fault or own.fault
        laid = lay_out(own.series, bounds, own.floating)
        busy += within(laid.busy, bounds)
        lost = own.unread_starts(laid.unexpanded, bounds)
        unread += lost
        entries += calendar.stated or calendar.count
        stored += own.text(lost.count(None))
    spans = merged(busy)
    if len(spans) > SPANS_AT_MOST:
        raise FeedUnread(f"it has more than {SPANS_AT_MOST:,} busy times in two months")
    known = sorted(start for start in unread if start is not None)
    coming = next((start for start in known if start >= bounds[0]), None)
    first = coming or (known[-1] if known else None)
    return Reading(tuple(spans), "\r\n".join([*stored, ""]).encode(), entries, min(len(unread), entries), first, fault)


class _Calendar:
    """One calendar of a file, normalised."""

    def __init__(self, raw: RawCalendar, zone: str, person: str) -> None:
        named = zone_called(raw.zone) if raw.zone else zone
        self._raw = raw
        self._zone = named if raw.zone else None
        self.floating: tzinfo = ZoneInfo(named or zone)
        self._lost = raw.lost
        self.fault = ""
        context = CalendarContext(ZoneTable(raw.zones), self.floating, named is not None, person)
        entries: list[Entry] = []
        for component in raw.entries:
            try:
                if component.kind == "VFREEBUSY":
                    periods, all_read = busy_periods(component, context)
                    entries += periods
                    self._lost += not all_read
                else:
                    entries.append(normalised(component, context))
            except (ValueError, OverflowError):
                self._lost += 1
            except Exception as error:
                # It costs this entry only, but is logged: it is probably ours to fix.
                self._lost += 1
                self.fault = _fault(error)
        self.series = assemble(entries, self.floating)

    def unread_starts(self, unexpanded: Iterable[Series], bounds: Span) -> list[datetime | None]:
        """When each entry begins that could not be read and may still matter; None if that isn't known."""
        whole = {id(one) for one in unexpanded}
        found: list[datetime | None] = [None] * self._lost
        for one in self.series:
            for entry in one.entries:
                zone = rules_of(entry.zone, self.floating)
                start = instant(entry.start, zone)
                failed = entry.unread or (id(one) in whole and entry is one.first)
                over = not one.repeats and entry.length.after(entry.start, zone) < bounds[0]
                if failed and not (over and not entry.unread_rule):
                    found.append(start)
        return found

    def text(self, lost: int) -> Iterator[str]:
        """The normalised lines of the calendar: what may keep its owner busy."""
        yield from ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Muster//Busy times//EN")
        if self._zone:
            yield f"X-WR-TIMEZONE:{self._zone}"
        yield f"X-MUSTER-ENTRIES:{self._raw.stated or self._raw.count}"
        yield f"X-MUSTER-LOST:{lost}"
        kept = [one for one in self.series if any(entry.busy or entry.unread for entry in one.entries)]
        for zone in zones_of(kept):
            yield from zone.definition
        for number, one in enumerate(kept, 1):
            yield from written(one, number, self.floating)
        yield "END:VCALENDAR"


if __name__ == "__main__":
    main()
