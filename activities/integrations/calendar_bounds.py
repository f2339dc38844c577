"""Limits the work that a calendar can cause. A few lines can describe millions of occurrences.

The limits are checked before expansion, which steps through a recurrence from its first occurrence and takes extra time
for each occurrence within the bounds. The estimates are upper bounds; real calendars stay far below the limits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from math import ceil
from typing import Any

from icalendar import vRecur
from icalendar.cal import Component

from domain.booking import Span
from domain.schedules.calendar_feed import FeedUnread

DATES_AT_MOST = 5_000
"""Maximum number of single dates added to or excluded from recurrences (RDATE, EXDATE) in one calendar."""
OCCURRENCES_AT_MOST = 20_000
"""Maximum occurrences within the bounds, for all recurrences together; each takes about 0.1 ms."""
STEPS_AT_MOST = 500_000
"""Maximum steps for all recurrences together, counted from their first occurrences; each takes a few microseconds."""
_DAYS = {"HOURLY": 1 / 24, "DAILY": 1.0, "WEEKLY": 7.0, "MONTHLY": 28.0, "YEARLY": 365.0}
_FOLDED = re.compile(rb"\r?\n[ \t]")
_ZERO_INTERVAL = re.compile(rb"(?im)^RRULE[^\r\n]*INTERVAL=[-+]?0*(?:;|\r?$)")
_DATES = re.compile(rb"(?im)^(?:RDATE|EXDATE)[^\r\n]*")


def refuse_unread(content: bytes) -> None:
    """Check the raw file before parsing, which takes longer the more dates there are. Raises ``FeedUnread``."""
    lines = _FOLDED.sub(b"", content)
    if _ZERO_INTERVAL.search(lines):
        raise FeedUnread("an event in it has INTERVAL=0, so it would repeat forever on one day")
    dates = sum(1 + found.group().count(b",") for found in _DATES.finditer(lines))
    if dates > DATES_AT_MOST:
        raise FeedUnread(f"it has {dates:,} single dates of recurring events; the limit is {DATES_AT_MOST:,}")


def refuse_endless(events: Iterable[Component], bounds: Span) -> None:
    """Check the parsed events before their recurrences are expanded. Raises ``FeedUnread``."""
    occurrences = steps = 0.0
    for event in events:
        rules = event.get("RRULE", [])
        for rule in rules if isinstance(rules, list) else [rules]:
            # The expansion skips rules that the parser couldn't read.
            if isinstance(rule, vRecur):
                of_rule = _work(rule, _day(event.get("DTSTART")), bounds)
                occurrences, steps = occurrences + of_rule[0], steps + of_rule[1]
    if occurrences > OCCURRENCES_AT_MOST or steps > STEPS_AT_MOST:
        raise FeedUnread("its recurring events occur too many times to be read")


def is_over(event: Component, bounds: Span) -> bool:
    """Whether the event ended before the bounds and can't recur, as is true of most events in a calendar."""
    if "RRULE" in event or "RDATE" in event or "RECURRENCE-ID" in event or "DURATION" in event:
        return False
    last = _day(event.get("DTEND", event.get("DTSTART")))
    return last is not None and (bounds[0].date() - last).days > 2


def _work(rule: vRecur, first: date | None, bounds: Span) -> tuple[float, float]:
    """Upper bounds for the number of occurrences within ``bounds`` and for the steps from the first occurrence."""
    frequency = str(_first(rule, "FREQ", "DAILY")).upper()
    begin = first or bounds[0].date()
    last = _day(_first(rule, "UNTIL", None)) or bounds[1].date()
    end = min(last, bounds[1].date())
    period_days = _DAYS.get(frequency, 1.0) * max(1, int(_first(rule, "INTERVAL", 1)))
    per_period = _per_period(rule, frequency)
    most = float(_first(rule, "COUNT", float("inf")))
    steps = min(_periods(begin, end, period_days) * per_period, most)
    occurrences = min(_periods(max(begin, bounds[0].date()), end, period_days) * per_period, most)
    return occurrences, steps


def _periods(begin: date, end: date, period_days: float) -> int:
    return max(0, ceil(((end - begin).days + 1) / period_days))


def _per_period(rule: vRecur, frequency: str) -> int:
    """Maximum occurrences in one period of the recurrence."""
    number = 1
    for part in ("BYHOUR", "BYMINUTE", "BYSECOND"):
        number *= max(1, len(rule.get(part, [])))
    days = max(1, len(rule.get("BYDAY", [])), len(rule.get("BYMONTHDAY", [])), len(rule.get("BYYEARDAY", [])))
    if frequency in ("MONTHLY", "YEARLY"):
        # Each day of the week occurs up to five times a month.
        days = min(days * 5 * max(1, len(rule.get("BYMONTH", []))), 366)
    return number * (days if frequency in ("WEEKLY", "MONTHLY", "YEARLY") else 1)


def _first(rule: vRecur, part: str, default: Any) -> Any:
    found = rule.get(part, default)
    return (found[0] if found else default) if isinstance(found, list) else found


def _day(moment: Any) -> date | None:
    at = getattr(moment, "dt", moment)
    return at.date() if isinstance(at, datetime) else at if isinstance(at, date) else None
