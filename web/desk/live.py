"""The desk's page, what has changed of it, and the stream that says when to ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from database.engine import DATABASE_DOWN
from database.stores.queries.desk_changes import changes_while_ringing
from database.stores.rounds.presence import find_colleagues
from web.dependencies import desk_feed_of, engine_of
from web.desk.areas import desk_page, draw_changed, seen_in
from web.desk.card import brief
from web.desk.feed import Feed
from web.live import StreamEvent, event_stream
from web.page import draw
from web.security.session import Signed, SignedIn, still_signed_in

WAKE = "wake"
"""An event that says only that something may have changed, and in how many milliseconds the desk should ask what."""
OFFER = "offer"
"""An event that brings the offer itself: when a round asks hundreds at once, none of them has to ask back."""

router = APIRouter()


@router.get("/desk")
async def show_desk(request: Request, signed: Signed) -> Response:
    colleagues = None
    if "manager" in signed.roles:
        async with engine_of(request).connect() as conn:
            colleagues = await find_colleagues(conn, datetime.now(UTC))
    return await desk_page(request, signed, colleagues=colleagues)


@router.get("/desk/live")
async def changes(request: Request, signed: Signed) -> Response:
    """The areas that differ from the pulses sent; 204 where none does."""
    return await changed(request, signed, seen_in(request.query_params))


async def changed(request: Request, signed: SignedIn, seen: Mapping[str, str]) -> Response:
    """The same, when it is this desk's turn; 204 too where that comes too late, and the desk is woken anew."""
    feed: Feed = desk_feed_of(request)
    async with feed.drawing(signed.person_id) as turn:
        drawn = await draw_changed(request, signed, seen) if turn else ""
    return HTMLResponse(drawn) if drawn else Response(status_code=204)


@router.get("/desk/stream")
async def stream(request: Request, signed: Signed) -> Response:
    async def still_allowed() -> bool:
        try:
            return await still_signed_in(request)
        except DATABASE_DOWN:
            return True

    async def events(payload: str) -> Sequence[StreamEvent]:
        return draw_event(request, signed, payload)

    feed: Feed = desk_feed_of(request)
    return event_stream(feed.subscribe(signed.person_id), events, still_allowed)


def draw_event(request: Request, signed: SignedIn, payload: str) -> tuple[StreamEvent, ...]:
    """The offer of a round where the payload names one that is still known; else that the desk should ask."""
    feed: Feed = desk_feed_of(request)
    kind, _, name = payload.partition(":")
    asked = feed.asked(int(name)) if kind == "round" else None
    card = asked.cards.get(signed.person_id) if asked else None
    if asked is None or card is None:
        return (StreamEvent(WAKE, str(int(1000 * feed.turn()))),)
    context = {
        "offer": brief(card, asked.declared),
        "pulse": {"offer": changes_while_ringing(card.call_id, card.nth)},
        "now": datetime.now(UTC),
        "zone": signed.time_zone,
    }
    return (StreamEvent(OFFER, draw(request, "desk/_offer.html", **context, swap=False, brief=True, in_hand=())),)
