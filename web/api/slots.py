"""The times of one day for an escalation: open ones, and why each other one is closed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from database.stores.seats.closed_slots import SlotState, day_of_slots
from web.api.bearer import Reader
from web.api.describe import described
from web.api.escalations import whole_of
from web.api.problems import FieldError, FieldsRefused
from web.dependencies import engine_of

router = APIRouter(prefix="/api/v1", tags=["escalations"])

FARTHEST = timedelta(days=400)


@router.get("/escalations/{escalation_id}/slots", responses=described(404, 422))
async def list_slots(
    request: Request,
    token: Reader,
    escalation_id: str,
    day: Annotated[date | None, Query(description="Of the desk's zone; else the first day that is offered.")] = None,
) -> dict[str, Any]:
    """Every start of one day as the desk sees it. What is `proven` can't open as people's time is planned now."""
    now, engine = datetime.now(UTC), engine_of(request)
    if day is not None and abs(day - now.date()) > FARTHEST:
        raise FieldsRefused((FieldError("?day", f"must be within {FARTHEST.days} days of today"),))
    whole = await whole_of(engine, escalation_id)
    async with engine.connect() as conn:
        found = await day_of_slots(conn, whole.id, day, now)
    return {
        "day": found.day.isoformat(),
        "time_zone": found.zone,
        "pool": found.pool,
        "slots": [_view(slot) for slot in found.slots],
    }


def _view(slot: SlotState) -> dict[str, Any]:
    view: dict[str, Any] = {"starts_at": slot.start.astimezone(UTC).isoformat().replace("+00:00", "Z")}
    if slot.closed is None:
        return view | {"open": True, "why": None, "reason": None, "proven": None}
    closed = slot.closed
    return view | {"open": False, "why": closed.why.value, "reason": closed.text, "proven": closed.proven}
