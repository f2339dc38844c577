"""The times of one day for an escalation: which are open, and why each other one is closed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from uuid import UUID

from fastapi import APIRouter, Request, Response

from database.stores.closed_slots import Slot, day_of_slots
from database.stores.remedies import remedies_of
from web import times
from web.page import page
from web.session import Signed

router = APIRouter()


@dataclass(frozen=True)
class Stretch:
    """Starts in a row that have the same to say."""

    first: str
    last: str
    count: int
    closed: str
    """Why, or empty where they are open."""
    proven: bool


@router.get("/desk/escalations/{escalation_id}/slots")
async def show_slots(request: Request, signed: Signed, escalation_id: UUID, day: str = "") -> Response:
    now = datetime.now(UTC)
    async with request.app.state.engine.connect() as conn:
        found = await day_of_slots(conn, str(escalation_id), _day(day), now)
        remedies = await remedies_of(conn, str(escalation_id), now)
    return page(
        request,
        "desk/slots.html",
        escalation_id=escalation_id,
        day=found.day,
        before=found.day - timedelta(days=1),
        after=found.day + timedelta(days=1),
        pool=found.pool,
        stretches=_stretches(found.slots, found.zone),
        open=sum(slot.closed is None for slot in found.slots),
        remedies=remedies,
        zone=found.zone,
    )


def _day(said: str) -> date | None:
    """A day within reach of a calendar, or None for the first one that is offered."""
    try:
        day = date.fromisoformat(said)
    except ValueError:
        return None
    return day if abs(day - datetime.now(UTC).date()) < timedelta(days=400) else None


def _stretches(slots: Iterable[Slot], zone: str) -> list[Stretch]:
    result = []
    for said, group in groupby(slots, key=lambda slot: slot.closed):
        run = list(group)
        clocks = [times.clock(slot.start, zone) for slot in (run[0], run[-1])]
        result.append(
            Stretch(clocks[0], clocks[1], len(run), "" if said is None else said.text, said is None or said.proven)
        )
    return result
