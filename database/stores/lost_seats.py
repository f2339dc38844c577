"""Telling managers of booked calls that nobody can serve any more, where no manager was there to be asked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.rewitnessing import AtRisk
from database.stores.telling import tell_managers
from domain.letter import LetterKind


async def tell_of_lost_seats(conn: AsyncConnection, lost: Iterable[AtRisk], now: datetime) -> None:
    """A letter for each, at most one a booking and day: a calendar may change its mind all day long."""
    for one in lost:
        key = f"{one.booking}/{now.date()}"
        kind = LetterKind.MANAGER_SEAT_LOST.value
        await tell_managers(conn, one.escalation_id, kind, now, key=key, booking=one.booking)
