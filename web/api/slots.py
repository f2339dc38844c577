"""An escalation's start times on one day: which are open, and why the others are closed."""

from __future__ import annotations

from datetime import UTC, date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query

from database.clock import current_time
from database.stores.seats.closed_slots import SlotState, day_of_slots
from web.api.answers import SlotsAnswer
from web.api.bearer import Reader
from web.api.describe import described
from web.api.escalations import read_or_raise
from web.api.problems import FieldError, FieldsRefused
from web.dependencies import Engine

router = APIRouter(prefix="/api/v1", tags=["escalations"])

FARTHEST = timedelta(days=400)


@router.get("/escalations/{escalation_id}/slots", response_model=SlotsAnswer, responses=described(404, 422))
async def list_slots(
    engine: Engine,
    token: Reader,
    escalation_id: str,
    day: Annotated[date | None, Query(description="In the organisation's zone; else the first day offered.")] = None,
) -> dict[str, Any]:
    """All start times on one day, as agents see them.

    If `proven` is true, the start time can't open unless people's hours change.
    """
    now = current_time()
    if day is not None and abs(day - now.date()) > FARTHEST:
        raise FieldsRefused((FieldError("?day", f"must be within {FARTHEST.days} days of today"),))
    escalation = await read_or_raise(engine, escalation_id)
    async with engine.connect() as conn:
        slots = await day_of_slots(conn, escalation.id, day, now)
    return {
        "day": slots.day.isoformat(),
        "time_zone": slots.zone,
        "pool": slots.pool,
        "slots": [_view(slot) for slot in slots.slots],
    }


def _view(slot: SlotState) -> dict[str, Any]:
    view: dict[str, Any] = {"starts_at": slot.start.astimezone(UTC).isoformat().replace("+00:00", "Z")}
    if slot.closed is None:
        return view | {"open": True, "why": None, "reason": None, "proven": None}
    closed = slot.closed
    return view | {"open": False, "why": closed.why.value, "reason": closed.text, "proven": closed.proven}
