"""Joining the call: a page with one button, and the redirect to the room, which records who came."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from database.clock import current_time
from database.stores.call import JoinPage, arrive, find_join, note_alone
from database.stores.customer_link import LinkPage, find_link
from domain.call import CallOver, JoinUnknown, may_join
from web.customer.call_part import call_part, with_media
from web.customer.customer_link import CustomerRequest, LinkRequest
from web.customer.stage import WAITING_ROOM, stage_of
from web.dependencies import AppRoom
from web.page import page
from web.security.csrf import Guarded
from web.security.session import find_signed_in
from web.wording import times
from web.wording.join import why_over

router = APIRouter()


@router.get("/join/{token}")
async def join_page(visit: LinkRequest, token: str) -> HTMLResponse:
    join, link = await _open(visit, token)
    signed = await find_signed_in(visit.request) if join.side == "agent" else None
    if signed is not None and signed.person_id == join.person:
        # Their desk may be closed by now: until they join, this page is what shows that they are there.
        visit.request.state.signed = signed
        visit.request.app.state.signs_of_life.note(signed.person_id)
    return _page(visit, join, link)


@router.post("/join/{token}", dependencies=[Guarded])
async def join_now(visit: LinkRequest, room: AppRoom, token: str, here: Annotated[str, Form()] = "") -> Response:
    """Record the arrival and redirect to the room or, while nobody has taken the call, to the waiting room.

    Submitting the form without a button, or with its first button, doesn't join the call: see the form in the
    template.
    """
    join, link = await _open(visit, token)
    now = current_time()
    if join.over:
        return _page(visit, join, link)
    if here != "yes":
        return _page(visit, join, link, 422)
    if not may_join(join.ready, join.starts_at, now):
        return _page(visit, join, link, 409)
    async with visit.engine.begin() as conn:
        address = await arrive(conn, token, room, now)
    if address:
        return RedirectResponse(address, 303)
    if join.side == "agent":
        return RedirectResponse(f"/join/{token}", 303) if address is not None else _page(visit, join, link, 409)
    return RedirectResponse(_waiting_room(visit, join), 303)


@router.post("/c/{token}/alone", dependencies=[Guarded])
async def nobody_here(visit: LinkRequest, token: str, sure: Annotated[str, Form()] = "") -> Response:
    """Record that the customer is alone in the room, so that their agent is called back or replaced."""
    link = await visit.open_link(token)
    if sure == "yes" and link.call is not None:
        with suppress(CallOver):
            async with visit.engine.begin() as conn:
                await note_alone(conn, str(link.call.id), current_time())
    return RedirectResponse(f"/c/{token}", 303)


async def _open(visit: CustomerRequest, token: str) -> tuple[JoinPage, LinkPage | None]:
    """The join page and its call's link. Raises ``JoinUnknown``, or ``TooManyMisses`` after too many wrong links."""
    async with visit.engine.connect() as conn:
        join = await find_join(conn, token)
        if join is not None:
            link = await find_link(conn, visit.tokens.customer_link(join.escalation_id, join.nth))
            return join, link
    visit.limiter.count(visit.request)
    raise JoinUnknown


def _page(visit: CustomerRequest, join: JoinPage, link: LinkPage | None, status: int = 200) -> HTMLResponse:
    customer = join.side == "customer"
    zones = (link.customer_zone, link.desk_zone) if link is not None else ("", "UTC")
    is_open = may_join(join.ready, join.starts_at, current_time())
    part = call_part(visit.request, visit.request.path_params["token"], join.team_name) if is_open else None
    leads = customer and part is not None and link is not None and stage_of(link, current_time()) in WAITING_ROOM
    response = page(
        visit.request,
        "customer/join.html",
        410 if join.over else status,
        join=join,
        over=why_over(join, link, current_time()),
        call=None if customer else part,
        lead=_waiting_room(visit, join) if leads else "",
        customer=customer,
        zone=times.zone_or(zones[0] if customer else "", zones[1]),
        open=is_open,
        address=link.team_address if link is not None and customer else "",
        waiting_room=_waiting_room(visit, join) if customer else "",
    )
    return response if customer or part is None else with_media(visit.request, response)


def _waiting_room(visit: CustomerRequest, join: JoinPage) -> str:
    return f"/c/{visit.tokens.customer_link(join.escalation_id, join.nth)}"
