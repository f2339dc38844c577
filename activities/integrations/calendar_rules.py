"""Rules of recurrence (RFC 5545, 3.3.10): parsed, written in the demanded form, estimated and expanded.

Rules are expanded by local time, without a zone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from math import ceil

from dateutil.rrule import rrulestr  # type: ignore[import-untyped]

from activities.integrations.calendar_times import Unreadable

PERIOD_DAYS = {
    "SECONDLY": 1 / 86_400,
    "MINUTELY": 1 / 1_440,
    "HOURLY": 1 / 24,
    "DAILY": 1.0,
    "WEEKLY": 7.0,
    "MONTHLY": 28.0,
    "YEARLY": 365.0,
}
"""The length of the shortest period of each frequency, in days."""
_PARTS = {"INTERVAL", "BYSECOND", "BYMINUTE", "BYHOUR", "BYDAY", "BYMONTHDAY", "BYYEARDAY"}
_PARTS |= {"BYWEEKNO", "BYMONTH", "BYSETPOS", "WKST"}


@dataclass(frozen=True)
class RecurrenceRule:
    frequency: str
    parts: tuple[tuple[str, str], ...] = ()
    """The ``BY…`` parts, the interval and the first day of the week, as they are written."""
    count: int | None = None
    until: datetime | None = None
    """The last start, as the local time of the series."""

    def text(self, until: str = "") -> str:
        """The rule as it is written. ``until`` is its end in the form that the series demands."""
        parts = [("FREQ", self.frequency), *self.parts]
        if self.count is not None:
            parts.append(("COUNT", str(self.count)))
        elif until:
            parts.append(("UNTIL", until))
        return ";".join(f"{name}={value}" for name, value in parts)

    def starts(self, first: datetime, stop: datetime) -> Iterator[datetime]:
        """The starts of the occurrences up to ``stop``, as local times."""
        end = stop if self.until is None else min(stop, self.until)
        text = ";".join(f"{name}={value}" for name, value in [("FREQ", self.frequency), *self.parts])
        yield from islice(rrulestr(text, dtstart=first).replace(until=end), self.count)

    def work(self, first: datetime, since: datetime, stop: datetime) -> tuple[float, float]:
        """Upper bounds of the number of occurrences after ``since``, and of the steps from the first one."""
        end = stop if self.until is None else min(stop, self.until)
        period = PERIOD_DAYS[self.frequency] * int(dict(self.parts).get("INTERVAL", 1))
        each, most = self._per_period(), float("inf") if self.count is None else self.count
        steps = _periods(first, end, period) * each
        # A narrowed rule steps through many periods for each of its occurrences.
        return min(_periods(max(first, since), end, period) * each, most), steps if self.narrowed else min(steps, most)

    @property
    def narrowed(self) -> bool:
        """Whether it has ``BY…`` parts. Without them, a rule always has occurrences."""
        return any(name.startswith("BY") for name, _ in self.parts)

    def _per_period(self) -> int:
        """Maximum occurrences in one period of the recurrence."""
        listed = {name: value.count(",") + 1 for name, value in self.parts}
        number = 1
        for part in ("BYHOUR", "BYMINUTE", "BYSECOND"):
            number *= listed.get(part, 1)
        days = max(listed.get("BYDAY", 1), listed.get("BYMONTHDAY", 1), listed.get("BYYEARDAY", 1))
        if self.frequency in ("MONTHLY", "YEARLY"):
            # Each day of the week occurs up to five times a month, or in each month of the year.
            days = min(days * 5 * (12 if self.frequency == "YEARLY" else 1), 366)
            number *= days if self.narrowed else 1
        return number * (days if self.frequency == "WEEKLY" else 1)


def parse_rule(value: str, first: datetime) -> tuple[RecurrenceRule, str]:
    """The rule of a series that begins at ``first``, and its end as it is written. Raises ``Unreadable``."""
    written = "".join(value.upper().split())
    if written.startswith("RRULE:"):
        written = written.removeprefix("RRULE:")
    parts: dict[str, str] = {}
    for piece in filter(None, written.split(";")):
        name, _, text = piece.partition("=")
        if text and not name.startswith("X-"):
            parts[name] = ",".join(filter(None, text.split(",")))
    frequency, until, count = parts.pop("FREQ", ""), parts.pop("UNTIL", ""), parts.pop("COUNT", "")
    if frequency not in PERIOD_DAYS or not parts.keys() <= _PARTS:
        raise Unreadable("a rule makes no sense")
    try:
        if len(parts.get("INTERVAL", "")) > 6 or len(count) > 9:
            raise Unreadable("a rule makes no sense")
        if int(parts.get("INTERVAL", 1)) < 1 or (count and int(count) == 0):
            raise Unreadable("a rule never moves on")
        # Some programs write -1 for a series without an end.
        number = int(count) if count and int(count) > 0 else None
        rule = RecurrenceRule(frequency, tuple(parts.items()), number)
        rrulestr(rule.text().partition(";COUNT")[0], dtstart=first)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError):
        raise Unreadable("a rule makes no sense") from None
    return rule, until


def _periods(begin: datetime, end: datetime, days: float) -> int:
    return max(0, ceil(((end - begin) / timedelta(days=1) + 1) / days))
