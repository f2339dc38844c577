"""Repetitions that never come, such as each 30th of February: laying one out walks to the end of all years in vain.

Whether one ever comes is tried on the last forty years that there are, in which every day of the week has been
every date. It begins there in its own step, so that nothing is left out that would have come.
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
"""Rules are laid out up to the year 9999, and no further. This year has a 29th of February."""
LAST = datetime.max.replace(tzinfo=UTC)
WALKED_AT_MOST = 150_000
"""Steps of all repetitions of a calendar that are tried; each costs some microseconds."""
_DAYS = {"HOURLY": 1 / 24, "DAILY": 1.0, "WEEKLY": 7.0, "MONTHLY": 28.0, "YEARLY": 365.0}


def drop_barren(events: Iterable[Component]) -> None:
    """Take the repetitions that never come out of these events; their first time stays.

    Raises ``FeedUnread`` where so many come so seldom that trying them all would take long.
    """
    walked = 0
    for event in events:
        rules = event.get("RRULE", [])
        fertile = []
        for rule in rules if isinstance(rules, list) else [rules]:
            steps = _steps_to_first(rule, event.get("DTSTART")) if _is_narrowed(rule) else 0
            walked += abs(steps)
            if walked > WALKED_AT_MOST:
                raise FeedUnread("what repeats in it comes too seldom to be read")
            if steps >= 0:
                fertile.append(rule)
        if rules and not fertile:
            del event["RRULE"]
        elif rules:
            event["RRULE"] = fertile


def _is_narrowed(rule: object) -> bool:
    """Whether it names days or places among days: only then can it miss them all."""
    return isinstance(rule, vRecur) and any(part.upper().startswith("BY") for part in rule)


def _steps_to_first(rule: vRecur, first: object) -> int:
    """Steps that were walked until it came; below zero where it never did."""
    often, every = str(_first(rule, "FREQ", "DAILY")).upper(), max(1, int(_first(rule, "INTERVAL", 1)))
    begin, left_out = _begin(getattr(first, "dt", first)), ["COUNT", "UNTIL"]
    try:
        if often in ("MONTHLY", "YEARLY"):
            # Its day of the month counts. With every month or year tried it comes at least as often.
            tried, every = begin.replace(year=TRIED_FROM.year), 1
            left_out.append("INTERVAL")
        else:
            whole = every * (7 if often == "WEEKLY" else 1)
            tried = begin + timedelta(days=-((begin - TRIED_FROM).days // whole) * whole)
        parts = bytes(rule.to_ical()).decode().split(";")  # type: ignore[no-untyped-call]
        text = ";".join(part for part in parts if part.partition("=")[0] not in left_out)
        came = next(iter(rrulestr(text, dtstart=tried)), None)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        # What can't be made sense of is left for the one who lays it out to skip.
        return 0
    steps = int(((came or LAST) - tried).days / (_DAYS.get(often, 1.0) * every)) + 1
    return -steps if came is None else steps


def _begin(first: object) -> datetime:
    """By the wall clock, whose zone is of no account here."""
    if isinstance(first, datetime):
        return first.replace(tzinfo=UTC)
    return datetime.combine(first, time(), UTC) if isinstance(first, date) else TRIED_FROM


def _first(rule: vRecur, part: str, otherwise: Any) -> Any:
    found = rule.get(part, otherwise)
    return (found[0] if found else otherwise) if isinstance(found, list) else found
