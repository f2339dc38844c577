"""The desk page, its changed areas, and the stream that tells the page when to refresh."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from database.clock import current_time
from database.engine import DATABASE_DOWN
from database.stores.queries.desk_changes import changes_while_ringing
from database.stores.rounds.presence import find_colleagues
from web.dependencies import Engine
from web.desk.areas import DeskRequest, OwnDesk, desk_page, draw_changed, seen_in
from web.desk.card import brief
from web.desk.feed import DeskFeed, Feed
from web.desk.signs_of_life import Heartbeats
from web.live import StreamEvent, event_stream
from web.page import draw, page
from web.security.access import still_allowed
from web.security.session import Signed, SignedIn

WAKE = "wake"
"""Event: something may have changed. Its data says how many milliseconds the desk should wait before it refreshes."""
OFFER = "offer"
"""Event: a rendered offer. It spares hundreds of desks a request when a round asks hundreds of people."""

router = APIRouter()


@router.get("/desk")
async def show_desk(desk: OwnDesk, heartbeats: Heartbeats) -> Response:
    if "agent" in desk.signed.roles:
        # Before the page is read: whoever opens their desk is there, and must not read that they aren't connected.
        await heartbeats.keep(desk.person_id, desk.signed.time_zone)
    colleagues = None
    if "manager" in desk.signed.roles:
        async with desk.engine.connect() as conn:
            colleagues = await find_colleagues(conn, current_time())
    return await desk_page(desk, colleagues=colleagues)


@router.get("/desk/colleagues")
async def colleagues_part(request: Request, signed: Signed, engine: Engine) -> HTMLResponse:
    """Who is at their desk, for managers: refreshed when somebody's presence changes, and at intervals, because a desk
    that falls silent tells nobody."""
    now = current_time()
    async with engine.connect() as conn:
        colleagues = await find_colleagues(conn, now)
    return page(request, "desk/_colleagues.html", colleagues=colleagues, now=now, zone=signed.time_zone)


@router.get("/desk/live")
async def changes(desk: OwnDesk, feed: DeskFeed) -> Response:
    """The areas whose fingerprints differ from those sent; 204 if none do."""
    return await changed(desk, feed, seen_in(desk.request.query_params))


async def changed(desk: DeskRequest, feed: Feed, seen: Mapping[str, str]) -> Response:
    """The areas that differ from those seen. 204 if none do, or if drawing waited too long; the desk asks again."""
    async with feed.drawing(desk.person_id) as in_time:
        parts = await draw_changed(desk, seen) if in_time else ""
    return HTMLResponse(parts) if parts else Response(status_code=204)


@router.get("/desk/stream")
async def stream(request: Request, signed: Signed, feed: DeskFeed) -> Response:
    async def allowed() -> bool:
        try:
            return await still_allowed(request)
        except DATABASE_DOWN:
            return True

    async def events(payload: str) -> Sequence[StreamEvent]:
        return draw_event(request, signed, feed, payload)

    return event_stream(feed.subscribe(signed.person_id), events, allowed)


def draw_event(request: Request, signed: SignedIn, feed: Feed, payload: str) -> tuple[StreamEvent, ...]:
    """An ``OFFER`` event if the payload names a recent round with an offer for this person; else a ``WAKE`` event."""
    kind, _, name = payload.partition(":")
    offers = feed.offers_of(int(name)) if kind == "round" else None
    card = offers.cards.get(signed.person_id) if offers else None
    if offers is None or card is None:
        return (StreamEvent(WAKE, str(int(1000 * feed.turn()))),)
    context = {
        "offer": brief(card, offers.declared),
        "fingerprints": {"offer": changes_while_ringing(card.call_id, card.nth)},
        "now": current_time(),
        "zone": signed.time_zone,
    }
    return (StreamEvent(OFFER, draw(request, "desk/_offer.html", **context, swap=False, brief=True, in_hand=())),)
