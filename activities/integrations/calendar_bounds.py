"""How much work a calendar may make: counted before anything is laid out, for a few lines can name millions of times.

Laying a repetition out walks it from its first time, one step each, and costs the more the more of its times lie in
the asked days. Estimates are from above; honest calendars stay far below.
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
"""Single dates that are added to or taken from repetitions, in one calendar."""
TIMES_AT_MOST = 20_000
"""Times of all repetitions in the asked days; each costs about a tenth of a millisecond."""
STEPS_AT_MOST = 500_000
"""From the first time of each repetition; each costs some microseconds."""
_DAYS = {"HOURLY": 1 / 24, "DAILY": 1.0, "WEEKLY": 7.0, "MONTHLY": 28.0, "YEARLY": 365.0}
_FOLDED = re.compile(rb"\r?\n[ \t]")
_STANDS_STILL = re.compile(rb"(?im)^RRULE[^\r\n]*INTERVAL=[-+]?0*(?:;|\r?$)")
_DATES = re.compile(rb"(?im)^(?:RDATE|EXDATE)[^\r\n]*")


def refuse_unread(content: bytes) -> None:
    """Before it is parsed, which takes the longer the more it names. Raises ``FeedUnread``."""
    lines = _FOLDED.sub(b"", content)
    if _STANDS_STILL.search(lines):
        raise FeedUnread("something in it repeats every 0 days: it would never move on")
    dates = sum(1 + found.group().count(b",") for found in _DATES.finditer(lines))
    if dates > DATES_AT_MOST:
        raise FeedUnread(f"it names {dates:,} single dates of repetitions; at most {DATES_AT_MOST:,} are read")


def refuse_endless(events: Iterable[Component], bounds: Span) -> None:
    """Before its repetitions are laid out. Raises ``FeedUnread``."""
    times = steps = 0.0
    for event in events:
        rules = event.get("RRULE", [])
        for rule in rules if isinstance(rules, list) else [rules]:
            # What the parser could not read is left for the one who lays it out to skip.
            if isinstance(rule, vRecur):
                of_rule = _work(rule, _day(event.get("DTSTART")), bounds)
                times, steps = times + of_rule[0], steps + of_rule[1]
    if times > TIMES_AT_MOST or steps > STEPS_AT_MOST:
        raise FeedUnread("what repeats in it comes to too many times to be read")


def is_over(event: Component, bounds: Span) -> bool:
    """Whether it lies before the asked days for good: once, and no exception of a repetition. Most of a calendar is."""
    if "RRULE" in event or "RDATE" in event or "RECURRENCE-ID" in event or "DURATION" in event:
        return False
    last = _day(event.get("DTEND", event.get("DTSTART")))
    return last is not None and (bounds[0].date() - last).days > 2


def _work(rule: vRecur, first: date | None, bounds: Span) -> tuple[float, float]:
    """Times in the asked days, and steps from the first time; both at most so many."""
    often = str(_first(rule, "FREQ", "DAILY")).upper()
    asked, begin = bounds[1].date(), first or bounds[0].date()
    last = _day(_first(rule, "UNTIL", None)) or asked
    apart = _DAYS.get(often, 1.0) * max(1, int(_first(rule, "INTERVAL", 1)))
    at_once = _at_once(rule, often)
    most = float(_first(rule, "COUNT", float("inf")))
    steps = min(_periods(begin, min(last, asked), apart) * at_once, most)
    times = min(_periods(max(begin, bounds[0].date()), min(last, asked), apart) * at_once, most)
    return times, steps


def _periods(begin: date, end: date, apart: float) -> int:
    return max(0, ceil(((end - begin).days + 1) / apart))


def _at_once(rule: vRecur, often: str) -> int:
    """Times of one period of the repetition."""
    number = 1
    for part in ("BYHOUR", "BYMINUTE", "BYSECOND"):
        number *= max(1, len(rule.get(part, [])))
    days = max(1, len(rule.get("BYDAY", [])), len(rule.get("BYMONTHDAY", [])), len(rule.get("BYYEARDAY", [])))
    if often in ("MONTHLY", "YEARLY"):
        # Each day of the week comes several times a month.
        days = min(days * 5 * max(1, len(rule.get("BYMONTH", []))), 366)
    return number * (days if often in ("WEEKLY", "MONTHLY", "YEARLY") else 1)


def _first(rule: vRecur, part: str, otherwise: Any) -> Any:
    found = rule.get(part, otherwise)
    return (found[0] if found else otherwise) if isinstance(found, list) else found


def _day(moment: Any) -> date | None:
    at = getattr(moment, "dt", moment)
    return at.date() if isinstance(at, datetime) else at if isinstance(at, date) else None
