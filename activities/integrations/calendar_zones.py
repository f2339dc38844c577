"""Time zones as calendars name them, brought to IANA's names.

Understood are IANA's own names in any case and behind a prefix (``/freeassociation.sourceforge.net/Europe/Berlin``),
Windows' names by the CLDR's table, display names (``(UTC-08:00) Pacific Time (US & Canada)``), Rails' names
(``Berlin``) and offsets (``GMT+01:00``). A zone that only the calendar itself defines is taken from its definition.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from functools import cache
from io import StringIO
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr  # type: ignore[import-untyped]
from dateutil.tz import tzical  # type: ignore[import-untyped]
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from activities.integrations.calendar_text import RawComponent
from activities.integrations.calendar_zone_names import PART_HOURS, ZONE_NAMES
from rules_dsl.model.clock_words import zone_names

LONGEST_NAME = 200
"""Longer names would take long to search, and no zone has one."""
DEFINITION_LINES_AT_MOST = 2_000
TRIED_FROM = datetime(9960, 1, 1)  # noqa: DTZ001  local time, as in all of a rule
"""Where a rule is tried to see whether it ever occurs: a leap year, so that each date falls on each day of the week up
to the year 9999, where rules end.
"""
_AREAS = {"Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"}
_OFFSET = re.compile(r"\(?(?:UTC|GMT)?\s*([+-])(\d{1,2}):?(\d{2})?\)?", re.IGNORECASE)
_PREFIX = re.compile(r"\(\s*(?:UTC|GMT)\s*(?:[+-]\s*\d{1,2}:?\d{0,2})?\s*\)\s*", re.IGNORECASE)
_DAY_OF_YEAR = re.compile(r":\d{4}(\d\d)(\d\d)")
_SUMMER_TIME = re.compile(r"\b(?:daylight|summer)\b")


@dataclass(frozen=True)
class Zone:
    name: str
    """IANA's name, or a made-up name for a zone that only the calendar defines."""
    rules: tzinfo = field(compare=False)
    definition: tuple[str, ...] = ()


UTC_ZONE = Zone("UTC", ZoneInfo("UTC"))


def rules_of(zone: Zone | None, floating: tzinfo) -> tzinfo:
    """The rules by which a zone's times are read; without a zone, those of its owner."""
    return floating if zone is None else zone.rules


class ZoneTable:
    """The zones that one calendar may name."""

    def __init__(self, definitions: Iterable[RawComponent] = ()) -> None:
        self._definitions: dict[str, RawComponent] = {}
        for definition in definitions:
            if tzid := _property(definition, "TZID"):
                self._definitions.setdefault(tzid, definition)
        self._known: dict[str, Zone | None] = {}

    def named(self, name: str) -> Zone | None:
        """The zone with this name; None if neither we nor the calendar knows it."""
        if name not in self._known:
            self._known[name] = self._find(name)
        return self._known[name]

    def _find(self, name: str) -> Zone | None:
        if len(name) > LONGEST_NAME:
            return None
        certain = _iana(name) or _windows(_key(name))
        definition = self._definitions.get(name)
        if certain is None and definition is not None:
            certain = _iana(_property(definition, "X-LIC-LOCATION"))
            if certain is None and (defined := _defined(definition, f"Defined-{len(self._known) + 1}")):
                return defined
        certain = certain or zone_called(name)
        return None if certain is None else Zone(certain, ZoneInfo(certain))


def zone_called(name: str) -> str | None:
    """The IANA name of the zone that another program calls ``name``; None if it is unknown."""
    if len(name) > LONGEST_NAME:
        return None
    key = _key(name)
    found = _iana(name) or _windows(key) or _offset(name)
    if found is not None:
        return found
    prefix = _PREFIX.match(key)
    bare = _PREFIX.sub("", key)
    by_name = _windows(bare) or ZONE_NAMES.get(bare) or next(_by_places(bare), None)
    # Of a name that says nothing, the offset in front of it is left.
    return by_name or _offset(bare.replace("coordinated universal time", "utc")) or _offset(prefix[0] if prefix else "")


def _key(name: str) -> str:
    return " ".join(name.replace("\\", "").replace('"', "").casefold().split())


@cache
def _iana_names() -> dict[str, str]:
    return {name.casefold(): name for name in sorted(zone_names()) if not name.startswith(("posix/", "right/"))}


@cache
def _windows_names() -> dict[str, str]:
    return {name.casefold(): iana for name, iana in WINDOWS_TO_OLSON.items()}


@cache
def _places() -> dict[str, str]:
    found: dict[str, str] = {}
    for name in sorted(zone_names(), key=lambda name: (name.count("/"), name)):
        area, _, place = name.partition("/")
        if area in _AREAS:
            found.setdefault(place.rpartition("/")[2].replace("_", " ").casefold(), name)
    return found


def _iana(name: str) -> str | None:
    """IANA's own name, in any case, perhaps behind a prefix."""
    parts = name.strip().strip('"/').replace(" ", "_").casefold().split("/")
    for begin in range(min(len(parts), 8)):
        # A lone word behind a prefix may be anything.
        if (begin == 0 or len(parts) - begin > 1 or parts[-1] in ("utc", "gmt")) and (
            found := _iana_names().get("/".join(parts[begin:]))
        ):
            return found
    return None


def _windows(key: str) -> str | None:
    known = _windows_names()
    return (
        known.get(key) or known.get(_SUMMER_TIME.sub("standard", key)) or known.get(f"{key} standard time")
        if key
        else None
    )


def _offset(name: str) -> str | None:
    """A fixed offset such as ``GMT+01:00``. (The signs of IANA's ``Etc/GMT-1`` are the other way round.)"""
    found = _OFFSET.fullmatch(name.strip())
    if found is None or not found[0]:
        return None
    minutes = int(found[2]) * 60 + int(found[3] or 0)
    signed = -minutes if found[1] == "-" else minutes
    if signed % 60:
        return PART_HOURS.get(signed)
    return _iana_names().get(f"etc/gmt{-signed // 60:+d}") if signed else "UTC"


def _by_places(key: str) -> Iterator[str]:
    """The zones of the places in a display name: ``Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna``."""
    without_notes = re.sub(r"\([^)]*\)", "", key)
    for part in [key, *re.split(r"[,/;:]", without_notes), *re.findall(r"\(([^)]*)\)", key)]:
        place = part.removesuffix(" - old").strip(" -")
        found = ZONE_NAMES.get(place) or _places().get(place) or _windows(place)
        if place and found:
            yield found


def _property(component: RawComponent, name: str) -> str:
    """A property's value; empty if there is none."""
    for line in component.lines:
        head, _, value = line.partition(":")
        if head.partition(";")[0].strip().upper() == name:
            return value.strip()
    return ""


def _defined(component: RawComponent, name: str) -> Zone | None:
    """The zone as a calendar defines it; None if the definition makes no sense or would take long to follow."""
    lines = [f"TZID:{name}" if line.upper().startswith("TZID") else line for line in component.lines]
    rules = [line.upper() for line in lines if line.upper().startswith("RRULE")]
    if len(lines) > DEFINITION_LINES_AT_MOST or not all("FREQ=YEARLY" in rule for rule in rules):
        return None
    definition = ["BEGIN:VTIMEZONE", *(_with_end(line) for line in lines), "END:VTIMEZONE"]
    try:
        if not all(_occurs(line, lines) for line in lines if line.upper().startswith("RRULE")):
            return None
        found = tzical(StringIO("\n".join(definition))).get(name)
        if found is None or datetime(2026, 1, 1, tzinfo=found).utcoffset() is None:
            return None
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError):
        return None
    return Zone(name, found, tuple(definition))


def _occurs(rule: str, lines: list[str]) -> bool:
    """Whether a yearly rule has an occurrence in forty years. Otherwise it would be followed to the year 9999."""
    parts = [part for part in rule.partition(":")[2].split(";") if part.upper().startswith(("FREQ", "BY"))]
    starts = [found for line in lines if line.upper().startswith("DTSTART") and (found := _DAY_OF_YEAR.search(line))]
    begins = {TRIED_FROM.replace(month=int(found[1]), day=int(found[2])) for found in starts}
    return all(next(iter(rrulestr(";".join(parts), dtstart=begin)), None) for begin in begins)


def _with_end(line: str) -> str:
    """An expansion is remembered: no further than anybody asks."""
    upper = line.upper()
    endless = upper.startswith("RRULE") and "UNTIL=" not in upper and "COUNT=" not in upper
    return f"{line.rstrip(';')};UNTIL=21000101T000000" if endless else line
