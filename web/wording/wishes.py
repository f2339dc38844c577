"""The times that a customer asks for, in words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from domain.customer_request import Wishes, read_wishes
from web.wording import times

_PLURAL = {"morning": "mornings", "afternoon": "afternoons", "evening": "evenings"}


def stored_wishes(stored: Mapping[str, Any]) -> Wishes:
    return read_wishes(stored.get("days", ()), stored.get("parts", ()), times.zone_or(stored.get("zone")))


def wishes_words(stored: Mapping[str, Any]) -> str:
    """``Tue 24 Nov, Wed 25 Nov, in the mornings (Copenhagen time)``; empty if only a note was written."""
    wishes = stored_wishes(stored)
    days = ", ".join(_day(day) for day in wishes.days)
    parts = " or ".join(_PLURAL[part.value] for part in wishes.parts)
    if not days and not parts:
        return ""
    return f"{', '.join(filter(None, [days, parts and f'in the {parts}']))} ({times.zone_words(wishes.zone)})"


def _day(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}"
