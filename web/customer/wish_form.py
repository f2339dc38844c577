"""What the form for other times shows: the days to choose from, and what was asked before. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NamedTuple

from database.clock import current_time
from database.stores.customer_link import LinkPage
from domain.customer_request import DAYS_ASKED, LONGEST_NOTE, PartOfDay
from web.customer.slots import slot
from web.wording import times
from web.wording.wishes import wishes_words

_PARTS = tuple((part.value, part.value.capitalize()) for part in PartOfDay)


class WishDay(NamedTuple):
    value: str
    name: str


def wishing(link: LinkPage, zone: str) -> dict[str, Any]:
    """The template context of what the customer asks and has asked of the team."""
    today = times.local(current_time(), zone)
    days = [today + timedelta(days=number) for number in range(1, DAYS_ASKED + 1)]
    asked = link.asked
    return {
        "asked": asked,
        "wished": wishes_words(asked.wishes) if asked is not None else "",
        "held": slot(asked.held, zone) if asked is not None and asked.held is not None else None,
        "wish_days": [WishDay(day.date().isoformat(), times.day(day, zone)) for day in days],
        "wish_parts": _PARTS,
        "longest_note": LONGEST_NOTE,
    }
