"""Barren recurrences: rules that never occur, such as every 30 February. Expanding one would run to the year 9999.

To see whether a rule ever occurs, it is tried on the last forty years before the year 10000, in which every date falls
on every day of the week. The trial's start is aligned with the rule's interval, so no occurrence is missed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from dateutil.rrule import rrulestr  # type: ignore[import-untyped]
from icalendar import vRecur
from icalendar.cal import Component

from domain.schedules.calendar_feed import FeedUnread

TRIED_FROM = datetime(9960, 1, 1, tzinfo=UTC)
"""The trial's first year: a leap year. Rules are expanded up to the year 9999."""
LAST = datetime.max.replace(tzinfo=UTC)
STEPS_AT_MOST = 150_000
"""Maximum trial steps for all of a calendar's recurrences together; each takes a few microseconds."""
_DAYS = {"HOURLY": 1 / 24, "DAILY": 1.0, "WEEKLY": 7.0, "MONTHLY": 28.0, "YEARLY": 365.0}


def drop_barren(events: Iterable[Component]) -> None:
    """Remove barren recurrence rules from these events, leaving each event's first occurrence.

    Raises ``FeedUnread`` if so many rules occur so rarely that trying them all would take too long.
    """
    steps_tried = 0
    for event in events:
        rules = event.get("RRULE", [])
        fertile = []
        for rule in rules if isinstance(rules, list) else [rules]:
            steps = _steps_to_first(rule, event.get("DTSTART")) if _is_narrowed(rule) else 0
            steps_tried += abs(steps)
            if steps_tried > STEPS_AT_MOST:
                raise FeedUnread("its recurring events occur too rarely to be expanded")
            if steps >= 0:
                fertile.append(rule)
        if rules and not fertile:
            del event["RRULE"]
        elif rules:
            event["RRULE"] = fertile


def _is_narrowed(rule: object) -> bool:
    """Whether the rule has ``BY…`` parts. Without them, a rule always has occurrences."""
    return isinstance(rule, vRecur) and any(part.upper().startswith("BY") for part in rule)


def _steps_to_first(rule: vRecur, first: object) -> int:
    """Steps tried until the first occurrence; negative if none was found."""
    frequency, every = str(_first(rule, "FREQ", "DAILY")).upper(), max(1, int(_first(rule, "INTERVAL", 1)))
    begin, dropped_parts = _begin(getattr(first, "dt", first)), ["COUNT", "UNTIL"]
    try:
        if frequency in ("MONTHLY", "YEARLY"):
            # The day of the month matters, so keep it. Trying every month or year finds at least as many occurrences.
            trial_start, every = begin.replace(year=TRIED_FROM.year), 1
            dropped_parts.append("INTERVAL")
        else:
            period = every * (7 if frequency == "WEEKLY" else 1)
            trial_start = begin + timedelta(days=-((begin - TRIED_FROM).days // period) * period)
        parts = bytes(rule.to_ical()).decode().split(";")  # type: ignore[no-untyped-call]
        text = ";".join(part for part in parts if part.partition("=")[0] not in dropped_parts)
        occurrence = next(iter(rrulestr(text, dtstart=trial_start)), None)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        # The expansion skips rules that it can't parse.
        return 0
    steps = int(((occurrence or LAST) - trial_start).days / (_DAYS.get(frequency, 1.0) * every)) + 1
    return -steps if occurrence is None else steps


def _begin(first: object) -> datetime:
    """The start as wall-clock time; its time zone doesn't matter here."""
    if isinstance(first, datetime):
        return first.replace(tzinfo=UTC)
    return datetime.combine(first, time(), UTC) if isinstance(first, date) else TRIED_FROM


def _first(rule: vRecur, part: str, default: Any) -> Any:
    found = rule.get(part, default)
    return (found[0] if found else default) if isinstance(found, list) else found
