"""Barren recurrences: rules that never occur, such as every 30 February. Expanding one would run to the year 9999.

To see whether a rule ever occurs, it is tried on the last forty years before the year 10000, in which every date falls
on every day of the week. The trial's start is aligned with the rule's interval, so no occurrence is missed.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from dateutil.rrule import rrulestr  # type: ignore[import-untyped]

from activities.integrations.calendar_rules import PERIOD_DAYS, RecurrenceRule
from activities.integrations.calendar_zones import TRIED_FROM

TOO_OFTEN = {"SECONDLY", "MINUTELY"}
"""A trial of these would take millions of steps."""


def steps_to_first(rule: RecurrenceRule, first: datetime) -> int:
    """Steps tried until a narrowed rule's first occurrence; negative if none was found."""
    if not rule.narrowed:
        return 0
    parts = dict(rule.parts)
    every = int(parts.get("INTERVAL", 1))
    if rule.frequency in ("MONTHLY", "YEARLY"):
        # The day of the month matters, so keep it. Trying every month or year finds at least as many occurrences.
        begin, every = first.replace(year=TRIED_FROM.year), 1
        parts.pop("INTERVAL", None)
    else:
        period = every * (7 if rule.frequency == "WEEKLY" else 1)
        begin = first + timedelta(days=-((first - TRIED_FROM).days // period) * period)
    text = ";".join([f"FREQ={rule.frequency}", *(f"{name}={value}" for name, value in parts.items())])
    occurrence = next(iter(rrulestr(text, dtstart=begin)), None)
    steps = int(((occurrence or datetime.max) - begin).days / (PERIOD_DAYS[rule.frequency] * every)) + 1  # noqa: DTZ901
    return -steps if occurrence is None else steps
