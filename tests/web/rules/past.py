"""A history of the boat shop for backtests: escalations opened as usual, but on past days."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores.escalations.open import open_or_refuse
from domain.escalation import BookingOnly, CallRefused, Customer, Mode, Opening, Ticket
from domain.ids import Tokens
from domain.schedules.holidays import holidays_of
from rules_dsl.directory import FactValue

TOKENS = Tokens(b"a secret of thirty-two characters")


def office_morning(nth: int) -> datetime:
    """Ten in the morning, in UTC, of the nth last day before today on which everybody of the boat shop works.

    The bookkeeper works from Monday to Thursday, and nobody on Danish holidays. Whatever day today is, two
    numbers are two days, the 6th is one or two weeks ago and the 20th five or six.
    """
    day = datetime.now(UTC).replace(hour=10, minute=0, second=0, microsecond=0)
    while nth:
        day -= timedelta(days=1)
        nth -= day.weekday() < 4 and day.date() not in holidays_of("DK", day.year)
    return day


async def escalated(
    engine: AsyncEngine, number: int, at: datetime, facts: Mapping[str, FactValue], *, mode: Mode = Mode.NOW
) -> None:
    known: dict[str, object] = {"priority": "normal", "replies": 3, "reopened": False, "ticket age": 3600, "tags": []}
    ticket = Ticket(
        "zendesk",
        str(number),
        f"https://harbor.zendesk.com/agent/tickets/{number}",
        f"Ticket {number}",
        known | dict(facts),
    )
    customer = Customer("Mira Olsen", f"mira{number}@olsen.example", "Europe/Copenhagen", "danish", {})
    with contextlib.suppress(CallRefused, BookingOnly):
        await open_or_refuse(engine, Opening(ticket, customer, mode, "api:test"), TOKENS, at)
