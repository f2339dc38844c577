"""From an end on: booking again after cancelling, and asking the team for a new link."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from database.clock import current_time
from database.stores.customer_link import LinkPage
from database.stores.escalations.customer_requests import ask_for_link
from database.stores.escalations.open_again import open_again
from domain.customer_request import OpenedElsewhere
from domain.escalation import NoRules, NotNow
from rules_dsl import FactRefused
from web.customer.customer_link import CustomerRequest, LinkRequest, newer_page
from web.customer.stage import stage_of
from web.security.csrf import Guarded
from web.wording import times
from web.wording.ways_on import may_book_again, way_on

router = APIRouter()

Field = Annotated[str, Form()]


@router.post("/c/{token}/again", dependencies=[Guarded])
async def book_again(visit: LinkRequest, token: str, sure: Field = "", zone: Field = "") -> Response:
    """Open the ticket of a cancelled call again and lead to its new link. If the rules refuse, the team is asked."""
    link = await visit.open_link(token)
    now = current_time()
    allowed = sure == "yes" and not newer_page(visit, link) and may_book_again(link, stage_of(link, now), now)
    if allowed and not await _opened_again(visit, link):
        await _ask(visit, link)
    return await _on(visit, token, zone)


@router.post("/c/{token}/ask", dependencies=[Guarded])
async def ask_team(visit: LinkRequest, token: str, sure: Field = "", zone: Field = "") -> Response:
    """Tell the team that the customer would like a new link. Asking again changes nothing."""
    link = await visit.open_link(token)
    now = current_time()
    way = way_on(link, stage_of(link, now), now)
    if sure == "yes" and way is not None and way.action == "ask" and not newer_page(visit, link):
        await _ask(visit, link)
    return await _on(visit, token, zone)


async def _opened_again(visit: CustomerRequest, link: LinkPage) -> bool:
    """Whether the ticket is open again; False if today's rules don't allow it."""
    try:
        async with visit.engine.begin() as conn:
            _, refusal = await open_again(conn, link.escalation_id, "customer", visit.tokens, current_time())
    except (NoRules, FactRefused, OpenedElsewhere):
        return False
    return refusal is None


async def _ask(visit: CustomerRequest, link: LinkPage) -> None:
    with suppress(NotNow):
        async with visit.engine.begin() as conn:
            await ask_for_link(conn, link.escalation_id, link.link_id, current_time())


async def _on(visit: CustomerRequest, token: str, zone: str) -> Response:
    """To the newer page if there is one now, otherwise back to this one."""
    address = newer_page(visit, await visit.open_link(token)) or f"/c/{token}"
    return RedirectResponse(f"{address}?zone={zone}" if times.is_zone(zone) else address, 303)
