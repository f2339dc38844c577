"""Presence changes and heartbeats."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Response

from database.clock import current_time
from database.stores.queries.desk import find_offer
from database.stores.queries.desk_changes import DeskMoment
from database.stores.rounds.presence import set_presence
from domain.rounds.presence import LONGEST_REASON, PresenceState
from web.desk.areas import OwnDesk, answer, areas_of, seen_in
from web.desk.card import passed_words
from web.desk.feed import DeskFeed
from web.desk.live import changed
from web.desk.signs_of_life import Heartbeats
from web.page import page
from web.security.csrf import Guarded

router = APIRouter()

OFFER_SEEN = "seen.offer"


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


@router.post("/desk/presence/elsewhere", dependencies=[Guarded])
async def elsewhere(desk: OwnDesk, heartbeats: Heartbeats) -> Response:
    """A sign of life from a staff page that isn't the desk. The response says whether a call is offered; 204 if that
    hasn't changed.
    """
    seen = (await desk.request.form()).get(OFFER_SEEN, "")
    current = await heartbeats.keep(desk.person_id, desk.signed.time_zone)
    if current is None or current.offer == seen:
        return Response(status_code=204)
    async with desk.engine.connect() as conn:
        moment = DeskMoment.of(current_time(), desk.signed.time_zone)
        card = await find_offer(conn, desk.person_id, moment)
    passed = passed_words(card) if card else ""
    zone = desk.signed.time_zone
    return page(desk.request, "desk/_elsewhere.html", offer=card, passed=passed, fingerprint=current.offer, zone=zone)
