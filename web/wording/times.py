"""Puts durations and times into words: how long ago or how far ahead, or in the reader's time zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from database.clock import current_time


@cache
def zone_names() -> tuple[str, ...]:
    """The time zones to choose from: names of places, not abbreviations."""
    return tuple(sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/")))


def zone_or(name: str | None, fallback: str = "UTC") -> str:
    """The name if it is a time zone, otherwise the fallback if that is one, otherwise UTC."""
    return next((zone for zone in (name, fallback) if zone and zone in _all_zones()), "UTC")


def is_zone(name: str | None) -> bool:
    return bool(name) and name in _all_zones()


@cache
def _all_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def place(zone: str) -> str:
    """``Europe/Copenhagen`` as ``Copenhagen``; a zone that is no place by its offset, ``Etc/GMT+5`` as ``UTC-5``."""
    area, _, name = zone.rpartition("/")
    if area not in ("", "Etc"):
        return name.replace("_", " ")
    if name.startswith("GMT") and name[3:].strip("+-0"):
        # POSIX counts the offset westwards.
        return f"UTC{'-' if name[3] == '+' else '+'}{name[4:]}"
    return "UTC" if name in _UTC else name


_UTC = frozenset({"GMT", "GMT+0", "GMT-0", "GMT0", "Greenwich", "UCT", "UTC", "Universal", "Zulu"})


def zone_words(zone: str | None) -> str:
    """``Copenhagen time``, ``UTC``, ``UTC-5``."""
    name = place(zone or "UTC")
    return name if name.startswith("UTC") else f"{name} time"


def local(moment: datetime, zone: str | None) -> datetime:
    return moment.astimezone(_zone(zone))


def clock(moment: datetime, zone: str | None = None) -> str:
    """``10:30``; in the hour that a clock change repeats, with the offset: ``02:30 (UTC+02:00)``."""
    return _clock(moment, zone, "%H:%M")


def clock_to_the_second(moment: datetime, zone: str | None = None) -> str:
    """``10:30:07``, for the order of events that are seconds apart."""
    return _clock(moment, zone, "%H:%M:%S")


def start_clock(start: datetime, zone: str | None = None) -> str:
    """The time at which a call starts: with its seconds if it has any, so that none are lost (``10:30:20``)."""
    return _clock(start, zone, "%H:%M:%S" if start.second else "%H:%M")


def _clock(moment: datetime, zone: str | None, form: str) -> str:
    at = local(moment, zone)
    repeated = at.replace(fold=0).utcoffset() != at.replace(fold=1).utcoffset()
    return f"{at:{form}} (UTC{at.isoformat()[-6:]})" if repeated else f"{at:{form}}"


def day(moment: datetime, zone: str | None = None) -> str:
    """``Tue 24 Nov``."""
    at = local(moment, zone)
    return f"{at:%a} {at.day} {at:%b}"


def when(moment: datetime, zone: str | None = None) -> str:
    """``Tue 24 Nov, 10:30 Copenhagen time``."""
    return f"{day(moment, zone)}, {clock(moment, zone)} {zone_words(zone)}"


def start_when(start: datetime, zone: str | None = None) -> str:
    """The same for the start of a call, with its seconds if it has any."""
    return f"{day(start, zone)}, {start_clock(start, zone)} {zone_words(zone)}"


def clock_change(before: timedelta | None, after: timedelta | None) -> str:
    """What the clocks do between two offsets from UTC: ``the clocks go back by 1 h``; empty if nothing."""
    if before is None or after is None or before == after:
        return ""
    way = "forward" if after > before else "back"
    minutes = round(abs(after - before).total_seconds() / 60)
    hours, rest = divmod(minutes, 60)
    size = " ".join(filter(None, [f"{hours} h" if hours else "", f"{rest} min" if rest else ""]))
    return f"the clocks go {way} by {size}"


def ago(moment: datetime, now: datetime | None = None) -> str:
    """``3 min ago``, ``in 2 h``, ``just now``."""
    seconds = int(((now or current_time()) - moment).total_seconds())
    size = abs(seconds)
    if size < 5:
        return "just now"
    text = length(size)
    return f"{text} ago" if seconds > 0 else f"in {text}"


def length(seconds: float) -> str:
    """``45 s``, ``20 min``, ``2 h 5 min``, ``3 days``."""
    rounded = round(seconds)
    if rounded < 90:
        return f"{rounded} s"
    minutes = round(rounded / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {rest} min" if rest and hours < 10 else f"{hours} h"
    return f"{round(hours / 24)} days"


def _zone(zone: str | None) -> tzinfo:
    return ZoneInfo(zone) if zone else UTC
