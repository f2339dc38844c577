"""What a customer asks of the team from their page, when no button of theirs leads on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from domain.failure import Failure


class RequestKind(StrEnum):
    LINK = "link"
    """A new link, after the end of an escalation."""
    TIMES = "times"
    """Other times than those offered."""


HELD_FOR = timedelta(hours=4)
"""How long a slot is held for a customer at most."""
HELD_AT_LEAST = timedelta(minutes=10)
"""A slot that can't be held for so long isn't held at all: nobody would be there in time to take it."""
LONGEST_NOTE = 1000
"""Characters of a customer's note to the team."""
DAYS_ASKED = 14
"""How many days ahead a customer can name."""


class PartOfDay(StrEnum):
    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"


_PARTS = {PartOfDay.MORNING: range(5, 12), PartOfDay.AFTERNOON: range(12, 18), PartOfDay.EVENING: range(18, 24)}
"""The hours of the customer's day that each part means."""


@dataclass(frozen=True)
class Wishes:
    """When a call would suit a customer, in their own time zone. An empty list means any."""

    days: tuple[date, ...] = ()
    parts: tuple[PartOfDay, ...] = ()
    zone: str = "UTC"

    def fits(self, start: datetime) -> bool:
        """Whether a call at this time is what the customer asked for."""
        local = start.astimezone(ZoneInfo(self.zone))
        in_part = not self.parts or any(local.hour in _PARTS[part] for part in self.parts)
        return in_part and (not self.days or local.date() in self.days)

    def stored(self) -> dict[str, object]:
        days, parts = [day.isoformat() for day in self.days], [part.value for part in self.parts]
        return {"days": days, "parts": parts, "zone": self.zone}


def read_wishes(days: Sequence[str], parts: Sequence[str], zone: str) -> Wishes:
    """Wishes as a form or a row holds them; what is no day and no part of one is left out."""
    known = {part.value: part for part in PartOfDay}
    found = sorted({day for text in days if (day := _day(text)) is not None})
    return Wishes(tuple(found[:DAYS_ASKED]), tuple(known[part] for part in known if part in parts), zone)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@dataclass
class RequestGone(Failure):
    """The request was answered or closed meanwhile, or belongs to another team."""

    title = "This request is no longer open"


@dataclass
class OpenedElsewhere(Failure):
    """The ticket is open again for another customer."""

    title = "This ticket is open for somebody else"
