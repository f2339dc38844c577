"""The stream of a customer's page: the page as it is now, sent whenever it looks different."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Response
from starlette.responses import StreamingResponse

from database.clock import current_time
from database.engine import DATABASE_DOWN
from domain.customer_link import LinkUnknown
from web.customer.customer_link import LinkRequest, newer_page, status_page
from web.customer.feed import CustomerFeed
from web.customer.stage import CustomerStage, may_move, stage_of
from web.dependencies import from_state
from web.live import StreamEvent, event_stream

router = APIRouter()

Feed = Annotated[CustomerFeed, from_state("customer_feed")]


@router.get("/c/{token}/stream")
async def stream(
    visit: LinkRequest, feed: Feed, token: str, zone: str = "", choosing: str = "", asked: str = ""
) -> StreamingResponse:
    """Sends the whole page, which the open one morphs into, or ``moved`` with the address of a newer link's page.

    With ``choosing=move``, the open page offers other times for a booked call: nothing is sent while it may be moved.
    The page that offers the first times is told only that the team has answered what the customer ``asked``.
    """
    link = await visit.open_link(token)
    feed.admit(link.link_id)
    sent = ""

    async def draw(_: str) -> Sequence[StreamEvent]:
        nonlocal sent
        try:
            async with feed.drawing:
                event = await _current(visit, token, zone, choosing, asked)
        except DATABASE_DOWN:
            feed.look_again(link.link_id)
            return ()
        except LinkUnknown:
            return ()
        if event is None or (digest := hashlib.sha256(event.encode()).hexdigest()) == sent:
            return ()
        sent = digest
        return (event,)

    async def allowed() -> bool:
        return True

    return event_stream(feed.watch(link.link_id, link.escalation_id), draw, allowed)


async def _current(visit: LinkRequest, token: str, zone: str, choosing: str, asked: str) -> StreamEvent | None:
    link = await visit.open_link(token)
    stage = stage_of(link, current_time())
    if newer := newer_page(visit, link):
        return StreamEvent("moved", newer)
    if stage is CustomerStage.BOOK and asked != (link.asked.version if link.asked is not None else ""):
        return StreamEvent("", "answered")
    if stage is CustomerStage.BOOK or (choosing == "move" and may_move(link, stage)):
        return None
    drawn: Response = status_page(visit, link, zone)
    return StreamEvent("", bytes(drawn.body).decode())
