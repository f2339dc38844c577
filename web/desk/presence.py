"""Presence changes and heartbeats."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Response

from database.clock import current_time
from database.stores.rounds.presence import set_presence
from domain.rounds.presence import LONGEST_REASON, PresenceState
from web.desk.areas import OwnDesk, answer, areas_of, seen_in
from web.desk.feed import DeskFeed
from web.desk.live import changed
from web.desk.signs_of_life import Heartbeats
from web.security.csrf import Guarded

router = APIRouter()


@router.post("/desk/presence", dependencies=[Guarded])
async def change_presence(
    desk: OwnDesk,
    state: Annotated[PresenceState, Form()],
    reason: Annotated[str, Form(max_length=LONGEST_REASON)] = "",
) -> Response:
    async with desk.engine.begin() as conn:
        await set_presence(conn, desk.person_id, state, reason.strip(), current_time())
    return await answer(desk)


@router.post("/desk/presence/heartbeat", dependencies=[Guarded])
async def heartbeat(desk: OwnDesk, heartbeats: Heartbeats, feed: DeskFeed) -> Response:
    """A sign of life. The response contains the areas whose fingerprints differ from those sent; 204 if none do."""
    seen = seen_in(await desk.request.form())
    current = await heartbeats.keep(desk.person_id, desk.signed.time_zone)
    differs = current and any(getattr(current, name) != seen[name] for name in areas_of(desk.signed) if name in seen)
    # If many desks have changed, each is woken to refresh when its turn comes.
    if not differs or feed.busy():
        return Response(status_code=204)
    return await changed(desk, feed, seen)
