"""Saying where one is, and going on saying so."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from database.stores.rounds.presence import set_presence
from domain.rounds.presence import LONGEST_REASON, PresenceState
from web.dependencies import desk_feed_of, engine_of, signs_of_life_of
from web.desk.areas import answer, areas_of, seen_in
from web.desk.live import changed
from web.security.csrf import Guarded
from web.security.session import Signed

router = APIRouter()


@router.post("/desk/presence", dependencies=[Guarded])
async def say(
    request: Request,
    signed: Signed,
    state: Annotated[PresenceState, Form()],
    reason: Annotated[str, Form(max_length=LONGEST_REASON)] = "",
) -> Response:
    async with engine_of(request).begin() as conn:
        await set_presence(conn, signed.person_id, state, reason.strip(), datetime.now(UTC))
    return await answer(request, signed)


@router.post("/desk/presence/heartbeat", dependencies=[Guarded])
async def beat(request: Request, signed: Signed) -> Response:
    """A sign of life; answered with what has changed on a desk that says what it shows, else 204."""
    seen = seen_in(await request.form())
    changes = await signs_of_life_of(request).keep(signed.person_id, signed.time_zone)
    differs = changes and any(getattr(changes, name) != seen[name] for name in areas_of(signed) if name in seen)
    # Where many desks have changed at once, each is woken to ask in its turn.
    if not differs or desk_feed_of(request).busy():
        return Response(status_code=204)
    return await changed(request, signed, seen)
