"""Free starts as a customer reads them: by day, in one named zone. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from web import times

DAYS_SHOWN = 3
"""Days that stand open; the others are a click away."""
STARTS_SHOWN = 12
"""Starts of one day that stand open."""
_YEARS = range(2000, 2200)


@dataclass(frozen=True)
class Slot:
    value: str
    """What the form sends: the start in UTC."""
    clock: str
    label: str
    """The whole time in words, for buttons and screen readers."""


@dataclass(frozen=True)
class Day:
    name: str
    shown: tuple[Slot, ...]
    folded: tuple[Slot, ...]

    @property
    def free(self) -> int:
        return len(self.shown) + len(self.folded)


def slot(start: datetime, zone: str) -> Slot:
    clock = times.clock(start, zone) + (f":{start:%S}" if start.second else "")
    return Slot(start.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), clock, f"{times.day(start, zone)}, {clock}")


def by_day(starts: Sequence[datetime], zone: str) -> list[Day]:
    """The days of this zone that have a free start, in order."""
    days: dict[str, list[Slot]] = {}
    for start in starts:
        days.setdefault(times.day(start, zone), []).append(slot(start, zone))
    return [Day(name, tuple(slots[:STARTS_SHOWN]), tuple(slots[STARTS_SHOWN:])) for name, slots in days.items()]


def read_start(value: str) -> datetime | None:
    """What a form sent back, or None where it is no instant."""
    try:
        found = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo is not None and found.year in _YEARS else None
