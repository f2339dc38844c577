"""Normalises the entries of a calendar; an error in one doesn't affect the others.

What belongs to a series (ends, exceptions, added dates, changed occurrences) is brought to the kind and zone of its
start, because programs write it in others: a day for a time, UTC for a local time, a local time for UTC.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta

from activities.integrations.calendar_entry import (
    NO_LENGTH,
    WHOLE_DAY,
    CalendarContext,
    Entry,
    length_until,
    occurrences_meant,
)
from activities.integrations.calendar_rules import RecurrenceRule, parse_rule
from activities.integrations.calendar_states import is_free, makes_busy
from activities.integrations.calendar_text import RawComponent
from activities.integrations.calendar_times import (
    DAY,
    Length,
    Moment,
    Property,
    Unreadable,
    parse_length,
    parse_moment,
    parse_property,
)

ASSUMED_LENGTH = Length(seconds=3600)
"""How long an entry lasts whose end can't be read."""
_TIMES_OF_DAY = {"BYHOUR", "BYMINUTE", "BYSECOND"}
UNREAD_MARK = "X-MUSTER-UNREAD"
"""Marks the entries of a stored copy that could not be read when it was made."""
DATES_AT_MOST = 5_000
"""Maximum number of single dates added to or excluded from one series (RDATE, EXDATE)."""


def normalised(raw: RawComponent, context: CalendarContext) -> Entry:
    """Raises ``Unreadable`` if not even its start can be read."""
    properties, unread = _properties(raw)
    if not properties.get("DTSTART"):
        raise Unreadable("it has no start")
    first = properties["DTSTART"][0]
    start = parse_moment(first.value, first.params, context.zones)
    if not start.whole_day and start.zone is None:
        unread |= bool(first.params.get("TZID")) or not context.floating_known
    entry = Entry(
        _text(properties, "UID"), _number(_text(properties, "SEQUENCE")), start.wall, start.whole_day, start.zone
    )
    try:
        length = _length(properties, entry, context)
    except (Unreadable, OverflowError):
        length, unread = WHOLE_DAY if start.whole_day else ASSUMED_LENGTH, True
    unread |= bool(properties.get(UNREAD_MARK))
    unread_rule = _text(properties, UNREAD_MARK) == "RULE"
    busy = makes_busy(properties, context.person)
    entry = replace(entry, length=length, busy=busy, unread=unread, unread_rule=unread_rule)
    return _with_recurrence(entry, properties, context)


def busy_periods(raw: RawComponent, context: CalendarContext) -> tuple[list[Entry], bool]:
    """The busy periods of a VFREEBUSY, each as an entry of its own, and whether all could be read."""
    properties, unread = _properties(raw)
    found: list[Entry] = []
    for one in properties.get("FREEBUSY", ()):
        for value in filter(None, (piece.strip() for piece in one.value.split(","))):
            try:
                found += () if is_free(one.params) else (_period(value, one, context),)
            except (Unreadable, OverflowError):
                unread = True
    return found, not unread


def _period(value: str, one: Property, context: CalendarContext) -> Entry:
    """Raises ``Unreadable`` if not even its start can be read."""
    start = parse_moment(value.partition("/")[0], one.params, context.zones)
    entry = Entry("", 0, start.wall, start.whole_day, start.zone)
    try:
        return replace(entry, length=_added(value, one, entry, context)[1] or NO_LENGTH)
    except (Unreadable, OverflowError):
        return replace(entry, length=ASSUMED_LENGTH, unread=True)


def _properties(raw: RawComponent) -> tuple[dict[str, list[Property]], bool]:
    """The properties by name, and whether a line could not be read."""
    found: dict[str, list[Property]] = defaultdict(list)
    unread = False
    for line in raw.lines:
        try:
            one = parse_property(line)
        except Unreadable:
            # Whether somebody is busy doesn't depend on an attendee whose line is damaged.
            unread |= not line.upper().startswith("ATTENDEE")
        else:
            found[one.name].append(one)
    return found, unread


def _length(properties: dict[str, list[Property]], entry: Entry, context: CalendarContext) -> Length:
    """Raises ``Unreadable``."""
    if ends := [one for one in properties.get("DTEND", ()) if one.value]:
        return length_until(parse_moment(ends[0].value, ends[0].params, context.zones), entry, context.floating)
    if lengths := [one for one in properties.get("DURATION", ()) if one.value]:
        length = parse_length(lengths[0].value)
        if entry.whole_day:
            return Length(max(1, length.days + -(-length.seconds // 86_400)))
        return length
    if properties.get("DTEND") or properties.get("DURATION"):
        raise Unreadable("its end is blank")
    return WHOLE_DAY if entry.whole_day else NO_LENGTH


def _with_recurrence(entry: Entry, properties: dict[str, list[Property]], context: CalendarContext) -> Entry:
    """Add the rules, dates and exceptions. Of a rule that can't be read, the first occurrence is left."""
    rules: list[RecurrenceRule] = []
    unread, unread_rule = entry.unread or bool(properties.get("EXRULE")), entry.unread_rule
    for one in properties.get("RRULE", ()):
        try:
            if one.value:
                rules.append(_rule(one.value, entry, context))
        except (Unreadable, OverflowError):
            unread = unread_rule = True
    entry, all_read = _with_dates(replace(entry, rules=tuple(rules)), properties, context)
    changes: Moment | None = None
    replaced = properties.get("RECURRENCE-ID", [])
    if replaced:
        try:
            changes = parse_moment(replaced[0].value, replaced[0].params, context.zones)
        except Unreadable:
            unread = True
    is_series = bool(properties.get("RRULE"))
    return replace(
        entry,
        changes=None if is_series else changes,
        split_from=changes if is_series else None,
        onwards=changes is not None
        and not is_series
        and replaced[0].params.get("RANGE", "").upper() == "THISANDFUTURE",
        unread=unread or not all_read,
        unread_rule=unread_rule,
    )


def _with_dates(entry: Entry, properties: dict[str, list[Property]], context: CalendarContext) -> tuple[Entry, bool]:
    """Add the single dates and exceptions; False if one could not be read."""
    added: dict[datetime, Length | None] = {}
    left_out: set[datetime] = set()
    all_read = True
    for one in (*properties.get("RDATE", ()), *properties.get("EXDATE", ())):
        for value in filter(None, (piece.strip() for piece in one.value.split(","))):
            if len(added) + len(left_out) >= DATES_AT_MOST:
                return replace(entry, added=added, left_out=frozenset(left_out)), False
            try:
                if one.name == "RDATE":
                    added.update([_added(value, one, entry, context)])
                else:
                    moment = parse_moment(value, one.params, context.zones)
                    left_out |= set(occurrences_meant(moment, replace(entry, added=added), context.floating))
            except (Unreadable, OverflowError):
                all_read = False
    return replace(entry, added=added, left_out=frozenset(left_out)), all_read


def _rule(value: str, entry: Entry, context: CalendarContext) -> RecurrenceRule:
    rule, until = parse_rule(value, entry.start)
    if entry.whole_day:
        rule = replace(rule, parts=tuple(part for part in rule.parts if part[0] not in _TIMES_OF_DAY))
    if not until:
        return rule
    end = parse_moment(until, {}, context.zones)
    if entry.whole_day:
        return replace(rule, until=end.day_in(entry.zone, context.floating))
    if end.whole_day:
        return replace(rule, until=end.wall + DAY - timedelta(seconds=1))
    return replace(rule, until=end.wall_in(entry.zone, context.floating))


def _added(value: str, one: Property, entry: Entry, context: CalendarContext) -> tuple[datetime, Length | None]:
    """An added date, and its length if it has one of its own (``start/end`` or ``start/length``)."""
    written, _, rest = value.partition("/")
    moment = parse_moment(written, one.params, context.zones)
    if moment.whole_day or entry.whole_day:
        start = occurrences_meant(moment, entry, context.floating)[0]
    else:
        start = moment.wall_in(entry.zone, context.floating)
    if not rest:
        return start, None
    if rest.upper().startswith(("P", "+P")):
        return start, parse_length(rest)
    end = parse_moment(rest, one.params, context.zones)
    return start, length_until(end, replace(entry, start=start), context.floating)


def _text(properties: dict[str, list[Property]], name: str) -> str:
    return properties[name][0].value if properties.get(name) else ""


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
