"""An entry of a calendar in normalised form, and what dates that other programs write mean beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from activities.integrations.calendar_rules import RecurrenceRule
from activities.integrations.calendar_times import DAY, LONGEST, Length, Moment, Unreadable, instant
from activities.integrations.calendar_zones import Zone, ZoneTable, rules_of

WHOLE_DAY = Length(days=1)
NO_LENGTH = Length()


@dataclass(frozen=True)
class Entry:
    """One event, series or changed occurrence. Local times are in ``zone``; None means the calendar's own zone."""

    uid: str
    sequence: int
    start: datetime
    whole_day: bool
    zone: Zone | None
    length: Length = NO_LENGTH
    rules: tuple[RecurrenceRule, ...] = ()
    added: dict[datetime, Length | None] = field(default_factory=dict)
    left_out: frozenset[datetime] = frozenset()
    changes: Moment | None = None
    """The occurrence of a series that this entry replaces."""
    split_from: Moment | None = None
    """Where a series goes on from another one with its UID; programs write this as an occurrence with a rule."""
    onwards: bool = False
    """It replaces all later occurrences too."""
    busy: bool = True
    unread: bool = False
    """Something in it could not be read. It counts as busy from its start."""
    unread_rule: bool = False
    """Its occurrences after the first one could not be read."""


@dataclass(frozen=True)
class CalendarContext:
    """What an entry's times depend on."""

    zones: ZoneTable
    floating: tzinfo
    """The zone of times without one."""
    floating_known: bool
    """False if the calendar names a zone that nobody knows."""
    person: str
    """The mail address of the calendar's owner; may be empty."""


def length_until(end: Moment, entry: Entry, floating: tzinfo) -> Length:
    """The length of an entry that ends then, whatever kind of time its end is."""
    if entry.whole_day:
        day = end.day_in(entry.zone, floating)
        if not end.whole_day and end.wall_in(entry.zone, floating) > day:
            day += DAY
        days = (day - entry.start).days
        if days < 0:
            raise Unreadable("it ends before it begins")
        # A single day whose end isn't exclusive.
        return Length(min(max(1, days), LONGEST.days))
    wall = end.wall_in(entry.zone, floating)
    if end.whole_day and wall <= entry.start:
        wall += DAY
    zone = rules_of(entry.zone, floating)
    seconds = int((instant(wall, zone) - instant(entry.start, zone)).total_seconds())
    if seconds <= 0:
        # Both ends in the hour that spring skips, or that autumn has twice.
        seconds = int((wall - entry.start).total_seconds())
    if seconds < 0:
        raise Unreadable("it ends before it begins")
    return Length(seconds=min(seconds, int(LONGEST.total_seconds())))


def occurrences_meant(moment: Moment, entry: Entry, floating: tzinfo) -> list[datetime]:
    """The starts in a series that a date means: brought to its kind and zone. A day means each of its times then."""
    if entry.whole_day:
        return [moment.day_in(entry.zone, floating)]
    wall = moment.wall_in(entry.zone, floating)
    if not moment.whole_day and (wall.hour or wall.minute or wall.second):
        return [wall]
    times = _times_of_day(entry)
    midnight = (0, 0, 0) in times or wall in entry.added
    if moment.whole_day or not midnight:
        # Midnight stands for the day in a series that never begins at midnight.
        return [wall.replace(hour=hour, minute=minute, second=second) for hour, minute, second in times]
    return [wall]


def _times_of_day(entry: Entry) -> list[tuple[int, int, int]]:
    """The times of day at which a series may have occurrences."""
    own = entry.start
    times = [(own.hour, own.minute, own.second)]
    for rule in entry.rules:
        parts = dict(rule.parts)
        hours = [int(hour) for hour in parts["BYHOUR"].split(",")] if "BYHOUR" in parts else [own.hour]
        minutes = [int(minute) for minute in parts["BYMINUTE"].split(",")] if "BYMINUTE" in parts else [own.minute]
        if rule.frequency == "HOURLY":
            hours = list(range(24))
        times += [(hour, minute, own.second) for hour in hours for minute in minutes]
    return list(dict.fromkeys(times))[:1440]
