"""Lays series out into busy times, within limits: a few lines can describe millions of occurrences.

The work is estimated before anything is expanded. A series that would go beyond the limits isn't expanded: its first
occurrence and its changed ones count, and it is reported as unread.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo

from activities.integrations.calendar_barren import TOO_OFTEN, steps_to_first
from activities.integrations.calendar_entry import Entry
from activities.integrations.calendar_series import Series
from activities.integrations.calendar_times import ZONES_APART, Length, instant
from activities.integrations.calendar_zones import rules_of
from domain.booking import Span

OCCURRENCES_AT_MOST = 20_000
"""Maximum occurrences within the bounds, for all series together."""
TRIAL_STEPS_AT_MOST = 150_000
"""Maximum steps to see whether rules ever occur, for all series together."""
STEPS_AT_MOST = 500_000
"""Maximum steps for all series together, counted from their first occurrences; each takes a few microseconds."""


@dataclass(frozen=True)
class Layout:
    busy: list[Span]
    unexpanded: list[Series]
    """The series that could not be expanded."""


def lay_out(series: Iterable[Series], bounds: Span, floating: tzinfo) -> Layout:
    """The busy times within the bounds, unmerged. The cheapest series come first, so that one spoils no other."""
    busy: list[Span] = []
    unexpanded: list[Series] = []
    occurrences = steps = 0.0
    trials = 0
    for one, work in sorted(((one, _work(one, bounds)) for one in series), key=lambda pair: sum(pair[1])):
        within = occurrences + work[0] <= OCCURRENCES_AT_MOST and steps + work[1] <= STEPS_AT_MOST
        try:
            if within and (within := trials <= TRIAL_STEPS_AT_MOST or not _narrowed(one)):
                occurrences, steps = occurrences + work[0], steps + work[1]
                fertile, tried = _fertile(one)
                trials += tried
                busy += _occurrences(fertile, bounds, floating)
        except (ValueError, OverflowError):
            # A rule that can be parsed but not followed, or a time beyond the calendar. Anything else is our own fault.
            within = False
        if not within:
            unexpanded.append(one)
            busy += [span for entry in one.entries for span in _alone(entry, entry.start, None, floating)]
    return Layout([span for span in busy if span[0] < bounds[1] and span[1] > bounds[0]], unexpanded)


def _narrowed(series: Series) -> bool:
    return any(rule.narrowed for rule in series.first.rules)


def _fertile(series: Series) -> tuple[Series, int]:
    """The series without rules that never occur, and the steps that it took to find out."""
    trials = [steps_to_first(rule, series.first.start) for rule in series.first.rules]
    rules = tuple(rule for rule, steps in zip(series.first.rules, trials, strict=True) if steps >= 0)
    return Series(replace(series.first, rules=rules), series.changes), sum(map(abs, trials))


def _work(series: Series, bounds: Span) -> tuple[float, float]:
    """Upper bounds of the number of occurrences and of the steps to them."""
    since, stop = _asked(series, bounds)
    if any(rule.narrowed and rule.frequency in TOO_OFTEN for rule in series.first.rules):
        return float("inf"), float("inf")
    works = [rule.work(series.first.start, since, stop) for rule in series.first.rules]
    return sum(work[0] for work in works), sum(work[1] for work in works)


def _asked(series: Series, bounds: Span) -> Span:
    """The local times between which occurrences are searched."""
    longest = max(entry.length.most for entry in series.entries)
    moved = max((abs(entry.start - at) for at, group in series.changes.items() for entry in group), default=timedelta())
    margin = ZONES_APART + (moved if any(entry.onwards for entry in series.entries) else timedelta())
    return bounds[0].replace(tzinfo=None) - margin - longest, bounds[1].replace(tzinfo=None) + margin


def _occurrences(series: Series, bounds: Span, floating: tzinfo) -> Iterator[Span]:
    since, stop = _asked(series, bounds)
    onwards = any(entry.onwards for entry in series.entries)
    for start in _starts(series.first, since, stop):
        if start in series.changes:
            continue
        source, begin = series.source_of(start) if onwards else (series.first, start)
        yield from _alone(source, begin, series.first.added.get(start), floating)
    for entries in series.changes.values():
        for entry in entries:
            yield from _alone(entry, entry.start, None, floating)


def _starts(first: Entry, since: datetime, stop: datetime) -> set[datetime]:
    """The local times at which a series has an occurrence, changed ones included."""
    found = {start for start in first.added if since <= start <= stop}
    if not any(rule.until is not None and rule.until < first.start for rule in first.rules):
        found.add(first.start)
    for rule in first.rules:
        found.update(start for start in rule.starts(first.start, stop) if start >= since)
    return found - first.left_out


def _alone(entry: Entry, start: datetime, length: Length | None, floating: tzinfo) -> Iterator[Span]:
    zone = rules_of(entry.zone, floating)
    if entry.busy:
        yield instant(start, zone), (length or entry.length).after(start, zone)
