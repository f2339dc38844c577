"""Joining the call: a page with one button, and the way on to the room. This is how we know who came."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from database.stores.call import JoinPage, arrive, find_join, note_alone
from database.stores.customer_link import LinkPage, find_link
from domain.call import CallOver, JoinUnknown
from web.customer.customer_link import open_link
from web.dependencies import engine_of, link_rate_limit_of, settings_of, tokens_of
from web.page import page
from web.security.csrf import Guarded
from web.wording import times

router = APIRouter()

OPENS = timedelta(minutes=15)
"""So long before its start a call that nobody has taken yet can be joined."""


@router.get("/join/{token}")
async def join_page(request: Request, token: str) -> HTMLResponse:
    join, link = await _open(request, token)
    return _page(request, join, link)


@router.post("/join/{token}", dependencies=[Guarded])
async def join_now(request: Request, token: str, here: Annotated[str, Form()] = "") -> Response:
    """On to the room; or, while nobody has taken the call, to the waiting room, where we know who is there.

    A form sent without pressing its button, or by its first one, brings nobody: see the page's form.
    """
    join, link = await _open(request, token)
    now = datetime.now(UTC)
    if join.over:
        raise CallOver
    if here != "yes":
        return _page(request, join, link, 422)
    if not join.ready and not _is_open(join, now):
        return _page(request, join, link, 409)
    settings = settings_of(request)
    template = settings.room_url.replace("{public_url}", settings.base_url)
    async with engine_of(request).begin() as conn:
        room = await arrive(conn, token, template, now)
    if room is not None:
        return RedirectResponse(room, 303)
    if join.side == "agent":
        return _page(request, join, link, 409)
    return RedirectResponse(_waiting_room(request, join), 303)


@router.post("/c/{token}/alone", dependencies=[Guarded])
async def nobody_here(request: Request, token: str, sure: Annotated[str, Form()] = "") -> Response:
    """The customer is in the room and nobody is with them: their agent is called back, or replaced."""
    link = await open_link(request, token)
    if sure == "yes" and link.call is not None:
        with suppress(CallOver):
            async with engine_of(request).begin() as conn:
                await note_alone(conn, str(link.call.id), datetime.now(UTC))
    return RedirectResponse(f"/c/{token}", 303)


async def _open(request: Request, token: str) -> tuple[JoinPage, LinkPage | None]:
    """Raises ``JoinUnknown``, and ``TooManyMisses`` to whoever guesses."""
    async with engine_of(request).connect() as conn:
        join = await find_join(conn, token)
        if join is not None:
            link = await find_link(conn, tokens_of(request).customer_link(join.escalation_id, join.nth))
            return join, link
    link_rate_limit_of(request).count_failure(request)
    raise JoinUnknown


def _page(request: Request, join: JoinPage, link: LinkPage | None, status: int = 200) -> HTMLResponse:
    customer = join.side == "customer"
    zones = (link.customer_zone, link.desk_zone) if link is not None else ("", "UTC")
    return page(
        request,
        "customer/join.html",
        410 if join.over else status,
        join=join,
        customer=customer,
        zone=times.zone_or(zones[0] if customer else "", zones[1]),
        open=join.ready or _is_open(join, datetime.now(UTC)),
        address=link.team_address if link is not None and customer else "",
        waiting_room=_waiting_room(request, join) if customer else "",
    )


def _is_open(join: JoinPage, now: datetime) -> bool:
    return join.starts_at is None or now >= join.starts_at - OPENS


def _waiting_room(request: Request, join: JoinPage) -> str:
    return f"/c/{tokens_of(request).customer_link(join.escalation_id, join.nth)}"
