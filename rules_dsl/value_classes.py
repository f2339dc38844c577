"""For each fact the few values that the conditions of a file can tell apart, and the moments that they can."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from zoneinfo import ZoneInfo

from rules_dsl import defaults
from rules_dsl.compiled import Clause, HasTags, InHours, IsDefined, OneOf, Test, When, Within
from rules_dsl.decision import OpenHours
from rules_dsl.directory import FactType, FactValue
from rules_dsl.hours import holidays_in, is_open, wall_instant

MOST_TAGS = 8
"""Tags named in one search: their subsets are tried, so more than these are too many."""
_SUMMER = timedelta(weeks=26)


class TooManyValues(Exception):
    """The conditions name more than a search can go through."""


def tests_of(whens: Iterable[When]) -> Iterator[Test]:
    """All tests, those inside defined names too."""
    for when in whens:
        for clause in _clauses(when):
            yield clause.test
            if isinstance(clause.test, IsDefined):
                yield from tests_of((clause.test.when,))


def _clauses(when: When) -> Iterator[Clause]:
    for alternative in when.alternatives:
        yield from alternative
    yield from when.unless


def values_of(fact: FactType, tests: Iterable[Test]) -> tuple[FactValue | None, ...]:
    """One value of each class; None, the unknown one, last where the fact may be missing."""
    own = [test for test in tests if not isinstance(test, InHours | IsDefined) and test.fact == fact.name]
    found: tuple[FactValue | None, ...]
    match fact.kind:
        case "choice":
            found = _told_apart(fact.values, [test for test in own if isinstance(test, OneOf)])
        case "yes/no":
            found = (True, False)
        case "tags":
            found = _tag_sets(sorted({tag for test in own if isinstance(test, HasTags) for tag in test.tags}))
        case "moment":
            found = ("2026-02-04T12:00:00+00:00",)
        case _:
            ends = {0}
            for test in own:
                if isinstance(test, Within):
                    ends |= {test.low - 1, test.low} if test.low is not None else set()
                    ends |= {test.high, test.high + 1} if test.high is not None else set()
            found = tuple(sorted(end for end in ends if end >= 0))
    return (*found, None) if fact.may_be_missing else found


def _told_apart(values: tuple[str, ...], tests: list[OneOf]) -> tuple[str, ...]:
    first: dict[tuple[bool, ...], str] = {}
    for value in values:
        first.setdefault(tuple(value in test.values for test in tests), value)
    return tuple(first.values())


def _tag_sets(tags: list[str]) -> tuple[tuple[str, ...], ...]:
    if len(tags) > MOST_TAGS:
        raise TooManyValues
    return tuple(chosen for size in range(len(tags) + 1) for chosen in combinations(tags, size))


def moments_of(tests: Iterable[Test], zone: str) -> tuple[datetime, ...]:
    """A real moment, in UTC, for each set of hours that are ever open together: winter, summer and on holidays."""
    hours = list(dict.fromkeys(test.hours for test in tests if isinstance(test, InHours)))
    plain = wall_instant(ZoneInfo(zone), defaults.EXAMPLE_WEEK + timedelta(days=2), 12 * 3600)
    found: dict[frozenset[str], datetime] = {frozenset(one.name for one in hours if is_open(one, plain)): plain}
    for moment in _boundaries(hours):
        found.setdefault(frozenset(one.name for one in hours if is_open(one, moment)), moment)
    return tuple(found.values())


def _boundaries(hours: list[OpenHours]) -> Iterator[datetime]:
    """Whatever changes, changes at one of these."""
    days: set[date] = set()
    for start in (defaults.EXAMPLE_WEEK, defaults.EXAMPLE_WEEK + _SUMMER):
        days |= {start + timedelta(days=number) for number in range(7)}
    for one in hours:
        days |= set(holidays_in(one, defaults.EXAMPLE_WEEK.year))
    for day in sorted(days):
        for one in hours:
            zone = ZoneInfo(one.time_zone)
            minutes = sorted({0} | {minute for _, start, end in one.spans for minute in (start, end)})
            for minute in minutes:
                yield wall_instant(zone, day, minute * 60).astimezone(UTC)
