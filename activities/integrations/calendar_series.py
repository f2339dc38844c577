"""Puts the entries of a calendar together into series, and writes them in normalised form (RFC 5545).

The normalised text is what is stored: times alone, in IANA's zones, each series under a number of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from activities.integrations.calendar_entries import UNREAD_MARK
from activities.integrations.calendar_entry import Entry, occurrences_meant
from activities.integrations.calendar_rules import RecurrenceRule
from activities.integrations.calendar_times import Length, Moment, instant
from activities.integrations.calendar_zones import UTC_ZONE, Zone, rules_of

SERIES_SEARCHED = 20
"""Among how many series with the same UID the one of a changed occurrence is searched."""


@dataclass
class Series:
    """An event, or a series with its changed occurrences."""

    first: Entry
    changes: dict[datetime, list[Entry]] = field(default_factory=dict)
    """The entries that replace an occurrence, by the local time at which it would begin."""

    @property
    def entries(self) -> list[Entry]:
        return [self.first, *(entry for entries in self.changes.values() for entry in entries)]

    @property
    def repeats(self) -> bool:
        return bool(self.first.rules or self.first.added)

    def source_of(self, start: datetime) -> tuple[Entry, datetime]:
        """The entry that describes an occurrence, and when it begins in that entry's zone."""
        later = [at for at, entries in self.changes.items() if at <= start and entries[-1].onwards]
        if not later:
            return self.first, start
        changed = self.changes[max(later)][-1]
        return changed, changed.start + (start - max(later))


def assemble(entries: Iterable[Entry], floating: tzinfo) -> list[Series]:
    """The series. Events that share a UID are apart, unless one is a newer version of the other."""
    by_uid: dict[str, list[Entry]] = defaultdict(list)
    found: list[Series] = []
    for entry in entries:
        if entry.uid:
            by_uid[entry.uid].append(entry)
        else:
            found.append(Series(entry))
    for group in by_uid.values():
        versions: dict[Moment | None, list[Entry]] = defaultdict(list)
        for entry in group:
            if entry.changes is None:
                versions[entry.split_from].append(entry)
        mains = [Series(entry) for alike in versions.values() for entry in _newest(alike)]
        mains.sort(key=lambda one: not one.repeats)
        changed: dict[Moment, list[Entry]] = defaultdict(list)
        for entry in group:
            if entry.changes is not None:
                changed[entry.changes].append(entry)
        for moment, alike in changed.items():
            found += _attach(mains, moment, _newest(alike), floating)
        found += mains
    return found


def _newest(entries: Iterable[Entry]) -> list[Entry]:
    versions = list(entries)
    newest = max((entry.sequence for entry in versions), default=0)
    return [entry for entry in versions if entry.sequence == newest]


def _attach(mains: list[Series], moment: Moment, versions: list[Entry], floating: tzinfo) -> list[Series]:
    """Let these entries replace an occurrence of the series that it belongs to. Without one, they stand alone."""
    for series in mains[:SERIES_SEARCHED]:
        starts = occurrences_meant(moment, series.first, floating)
        if any(start == series.first.start or (series.repeats and start > series.first.start) for start in starts):
            series.changes.setdefault(starts[0], []).extend(versions)
            return []
    return [Series(entry) for entry in versions]


def written(series: Series, number: int, floating: tzinfo) -> Iterator[str]:
    """The lines of a series, whose UID is its number."""
    first = series.first
    zone = rules_of(first.zone, floating)
    yield from ("BEGIN:VEVENT", f"UID:{number}")
    yield from _times(first)
    for rule in first.rules:
        yield f"RRULE:{rule.text(_end_of(rule, first, zone))}"
    for start, length in first.added.items():
        yield _date("RDATE", start, first.whole_day, first.zone, length)
    for start in sorted(first.left_out):
        yield _date("EXDATE", start, first.whole_day, first.zone)
    yield "END:VEVENT"
    for at, entries in series.changes.items():
        for entry in entries:
            yield from ("BEGIN:VEVENT", f"UID:{number}")
            identity = _date("RECURRENCE-ID", at, first.whole_day, first.zone)
            yield identity.replace("RECURRENCE-ID", "RECURRENCE-ID;RANGE=THISANDFUTURE") if entry.onwards else identity
            yield from _times(entry)
            yield "END:VEVENT"


def zones_of(series: Iterable[Series]) -> list[Zone]:
    """The zones that only the calendar defines."""
    named = {entry.zone.name: entry.zone for one in series for entry in one.entries if entry.zone is not None}
    return [zone for zone in named.values() if zone.definition]


def _times(entry: Entry) -> Iterator[str]:
    yield _date("DTSTART", entry.start, entry.whole_day, entry.zone)
    yield f"DURATION:{_length(entry.length, entry.whole_day)}"
    if not entry.busy:
        yield "TRANSP:TRANSPARENT"
    if entry.unread:
        yield f"{UNREAD_MARK}:{'RULE' if entry.unread_rule else 'TRUE'}"


def _end_of(rule: RecurrenceRule, first: Entry, zone: tzinfo) -> str:
    if rule.until is None:
        return ""
    if first.whole_day:
        return f"{rule.until:%Y%m%d}"
    if first.zone is None:
        return f"{rule.until:%Y%m%dT%H%M%S}"
    return f"{instant(rule.until, zone):%Y%m%dT%H%M%SZ}"


def _date(name: str, at: datetime, whole_day: bool, zone: Zone | None, length: Length | None = None) -> str:
    """A date property; an added date with a length of its own is a period."""
    period = "" if length is None else f"/{_length(length, whole_day=False)}"
    kind = ";VALUE=PERIOD" if period else ""
    if whole_day and not period:
        return f"{name};VALUE=DATE:{at:%Y%m%d}"
    if zone == UTC_ZONE:
        return f"{name}{kind}:{at:%Y%m%dT%H%M%SZ}{period}"
    place = "" if zone is None else f";TZID={zone.name}"
    return f"{name}{place}{kind}:{at:%Y%m%dT%H%M%S}{period}"


def _length(length: Length, whole_day: bool) -> str:
    days = f"{length.days}D" if length.days else ""
    return f"P{days}" if whole_day and days else f"P{days}T{length.seconds}S"
