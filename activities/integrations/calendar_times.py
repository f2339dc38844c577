"""Dates, times and lengths of time as calendars write them (RFC 5545, 3.3), read leniently."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from dateutil.tz import resolve_imaginary  # type: ignore[import-untyped]

from activities.integrations.calendar_zones import UTC_ZONE, Zone, ZoneTable, rules_of

DAY = timedelta(days=1)
ZONES_APART = timedelta(days=2)
"""More than the local times of one instant differ, wherever they are."""
FIRST_YEAR, LAST_YEAR = 1000, 9000
LONGEST = timedelta(days=365_000)
_MOMENT = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)(?:[T ](\d\d):?(\d\d)(?::?(\d\d)(?:[.,]\d+)?)?\s*(Z|[+-]\d\d:?\d\d)?)?", re.IGNORECASE
)
_LENGTH = re.compile(
    r"([+-]?)P(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,7})H)?(?:(\d{1,8})M)?(?:(\d{1,12})S)?)?", re.IGNORECASE
)
_LINE = re.compile(
    # A colon in `(UTC+01:00) Amsterdam, Berlin` or `tzone://Microsoft/Utc` doesn't end an unquoted parameter.
    r'([^:;]+)((?:;[^:;=]+=(?:"[^"]*"|[^":;(]|:(?=//)|\((?:(?:UTC|GMT)[+-]\d\d:\d\d)?)*)*):(.*)',
    re.DOTALL | re.IGNORECASE,
)
_PARAMETER = re.compile(r';\s*([^:;=]+?)\s*=\s*("[^"]*"(?:,"[^"]*")*|[^;]*)')


class Unreadable(ValueError):
    """Something in a calendar that can't be understood."""


@dataclass(frozen=True)
class Property:
    name: str
    params: dict[str, str]
    value: str


@dataclass(frozen=True)
class Length:
    """A length of time: days as a calendar counts them, and exact seconds."""

    days: int = 0
    seconds: int = 0

    def after(self, start: datetime, zone: tzinfo) -> datetime:
        """The instant that is this long after a local time. It is never before the start."""
        begin = instant(start, zone)
        return max(begin, instant(start + timedelta(days=self.days), zone) + timedelta(seconds=self.seconds))

    @property
    def most(self) -> timedelta:
        return timedelta(days=self.days + 1, seconds=self.seconds)


@dataclass(frozen=True)
class Moment:
    """A day, or a time in a zone. A time without a zone is in the zone of its calendar."""

    wall: datetime
    whole_day: bool
    zone: Zone | None

    def wall_in(self, zone: Zone | None, floating: tzinfo) -> datetime:
        """The local time in another zone at this instant. A time without a zone is taken to be in that zone."""
        if self.zone is None or self.whole_day or self.zone == zone:
            return self.wall
        at = instant(self.wall, self.zone.rules)
        return at.astimezone(rules_of(zone, floating)).replace(tzinfo=None)

    def day_in(self, zone: Zone | None, floating: tzinfo) -> datetime:
        """The day at this instant. Midnight in UTC means that day everywhere: programs write days like this."""
        midnight = self.zone == UTC_ZONE and self.wall.hour == self.wall.minute == 0
        local = self.wall if midnight else self.wall_in(zone, floating)
        return local.replace(hour=0, minute=0, second=0)


def parse_property(line: str) -> Property:
    """Raises ``Unreadable``."""
    found = _LINE.fullmatch(line)
    if found is None:
        raise Unreadable("a line has no value")
    params = {name.upper(): value.strip(' "') for name, value in _PARAMETER.findall(found[2])}
    return Property(found[1].strip().upper(), params, found[3].strip())


def parse_moment(value: str, params: dict[str, str], zones: ZoneTable) -> Moment:
    """Raises ``Unreadable`` if it can't be understood. A zone that nobody knows leaves the time without a zone."""
    found = _MOMENT.fullmatch(value.strip())
    if found is None:
        raise Unreadable("a date makes no sense")
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    # Many programs write the year 9999 for "never".
    year = min(year, LAST_YEAR)
    try:
        wall = datetime(year, month, day, hour % 24, minute, min(second, 59))  # noqa: DTZ001  a local time
        wall += DAY if hour == 24 else timedelta()
    except (ValueError, OverflowError):
        raise Unreadable("a date makes no sense") from None
    if hour > 24 or wall.year < FIRST_YEAR:
        raise Unreadable("a date makes no sense")
    if found[4] is None or params.get("VALUE", "").upper() == "DATE":
        return Moment(wall.replace(hour=0, minute=0, second=0), whole_day=True, zone=None)
    if (offset := found[7]) and offset.upper() != "Z":
        digits = offset.replace(":", "")
        ahead = timedelta(hours=int(digits[1:3]), minutes=int(digits[3:]))
        return Moment(wall - (ahead if digits[0] == "+" else -ahead), whole_day=False, zone=UTC_ZONE)
    named = params.get("TZID", "")
    zone = UTC_ZONE if offset else zones.named(named) if named else None
    if offset and named and (own := zones.named(named)):
        # An instant in UTC that repeats by the clock of its zone.
        return Moment(Moment(wall, False, UTC_ZONE).wall_in(own, UTC), whole_day=False, zone=own)
    return Moment(wall, whole_day=False, zone=zone)


def parse_length(value: str) -> Length:
    """Raises ``Unreadable``. A negative length is one that can't be understood."""
    found = _LENGTH.fullmatch(value.strip())
    if found is None or not any(found.groups()[1:]):
        raise Unreadable("a length of time makes no sense")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    length = Length(weeks * 7 + days, (hours * 60 + minutes) * 60 + seconds)
    if (found[1] == "-" and (length.days or length.seconds)) or timedelta(
        days=length.days, seconds=length.seconds
    ) > LONGEST:
        raise Unreadable("a length of time makes no sense")
    return length


def instant(wall: datetime, zone: tzinfo) -> datetime:
    """The instant in UTC of a local time. One that spring skips moves on by as much as the clocks do."""
    if zone is UTC or isinstance(zone, timezone):
        return wall.replace(tzinfo=zone).astimezone(UTC)
    return resolve_imaginary(wall.replace(tzinfo=zone)).astimezone(UTC)  # type: ignore[no-any-return]
