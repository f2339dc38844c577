"""The time zones that a customer can choose, by their names of today, and finding one by a city, an old name or an
offset. Pure, except that the names are read once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files

from web.wording import times

FOUND_AT_MOST = 40


@dataclass(frozen=True)
class ZoneChoice:
    name: str
    place: str
    """``Kathmandu``."""
    area: str
    """``Asia``."""
    offset: str
    """``UTC+05:45``."""
    clock: str
    """What clocks there say now."""


def all_zones(now: datetime) -> list[ZoneChoice]:
    """Every place, from west to east as of now."""
    return sorted(
        (_choice(name, now) for name in _names()), key=lambda one: (times.local(now, one.name).utcoffset(), one.place)
    )


def find_zones(words: str, now: datetime) -> list[ZoneChoice]:
    """The places that are called so, were called so, or whose clocks differ so from UTC: ``Kiev`` finds Kyiv."""
    wanted = _plain(words)
    if not wanted:
        return []
    if offset := _offset(words):
        return [one for one in all_zones(now) if one.offset == offset][:FOUND_AT_MOST]
    former = _former()
    named = [one for one in all_zones(now) if any(wanted in _plain(name) for name in (one.name, *former[one.name]))]
    return sorted(named, key=lambda one: not _plain(one.place).startswith(wanted))[:FOUND_AT_MOST]


def _choice(name: str, now: datetime) -> ZoneChoice:
    local = times.local(now, name)
    return ZoneChoice(name, times.place(name), name.partition("/")[0], f"UTC{local.isoformat()[-6:]}", f"{local:%H:%M}")


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text.casefold()).strip()


_OFFSET = re.compile(r"\s*(?:UTC|GMT)?\s*([+\-−]?)\s*(\d{1,2})(?::?([0-5]\d))?\s*", re.IGNORECASE)


def _offset(words: str) -> str:
    """``+5:45``, ``GMT-3`` or ``UTC+0530`` as ``UTC+05:45``; empty if it isn't an offset."""
    found = _OFFSET.fullmatch(words)
    if found is None:
        return ""
    sign = "-" if found[1] in ("-", "−") else "+"
    return f"UTC{sign}{int(found[2]):02}:{found[3] or '00'}"


@cache
def _names() -> tuple[str, ...]:
    """The names of today: those that the time-zone database lists by country, without the old ones it also knows."""
    lines = (files("tzdata") / "zoneinfo" / "zone.tab").read_text().splitlines()
    listed = [line.split("\t")[2] for line in lines if line and not line.startswith("#")]
    return tuple(name for name in listed if times.is_zone(name))


@cache
def _former() -> dict[str, tuple[str, ...]]:
    """By name of today, the old names that mean the same place."""
    found: dict[str, list[str]] = {name: [] for name in _names()}
    for line in (files("tzdata") / "zoneinfo" / "tzdata.zi").read_text().splitlines():
        kind, _, rest = line.partition(" ")
        target, _, alias = rest.partition(" ")
        if kind == "L" and target in found and alias not in found:
            found[target].append(alias)
    return {name: tuple(aliases) for name, aliases in found.items()}
