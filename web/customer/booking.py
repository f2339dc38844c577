"""Booking, moving and cancelling. Nothing is chosen beforehand: a form sent with its defaults does nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from database.stores.customer_link import LinkPage
from domain.booking import SlotRefused, SlotTaken, TooLate
from domain.customer_link import LinkExpired, LinkUsed
from domain.escalation import NotNow
from domain.failure import Failure
from web.customer.customer_link import open_link, slots_page, standing_page, zone_of
from web.customer.slots import read_start
from web.customer.stage import CANCELLABLE, CustomerStage, may_move, stage_of
from web.dependencies import gateway_of
from web.error_status import status_of
from web.security.csrf import Guarded
from web.wording import times

router = APIRouter()

Field = Annotated[str, Form()]


@router.post("/c/{token}/book", dependencies=[Guarded])
async def book(request: Request, token: str, start: Field = "", zone: Field = "") -> Response:
    """Book the chosen start; sent again, the same answer."""
    link = await open_link(request, token)
    stage = stage_of(link, datetime.now(UTC))
    chosen = read_start(start)
    if stage is CustomerStage.BOOK:
        if chosen is None:
            return await _choose_first(request, link, zone)
        try:
            await gateway_of(request).book(link.escalation_id, link.link_id, chosen)
        except (SlotTaken, SlotRefused) as refused:
            return await _not_this(request, link, zone, refused, chosen)
        except (LinkUsed, LinkExpired, NotNow) as refused:
            return standing_page(
                request, await open_link(request, token), zone, refused=refused.title, status=status_of(refused)
            )
        return _back(token, zone)
    if link.booking is None or link.booking.starts_at == chosen:
        return _back(token, zone) if link.booking is not None else standing_page(request, link, zone)
    used = LinkUsed(link.booking.starts_at)
    return standing_page(request, link, zone, refused=used.title, status=status_of(used))


@router.post("/c/{token}/move", dependencies=[Guarded])
async def move(request: Request, token: str, start: Field = "", zone: Field = "") -> Response:
    """Move the booked call to the chosen start."""
    link = await open_link(request, token)
    stage, chosen = stage_of(link, datetime.now(UTC)), read_start(start)
    if stage is CustomerStage.BOOK or (link.booking is not None and link.booking.starts_at == chosen):
        return _back(token, zone)
    if not may_move(link, stage):
        return standing_page(request, link, zone, refused=TooLate().title, status=status_of(TooLate))
    if chosen is None:
        return await _choose_first(request, link, zone)
    try:
        await gateway_of(request).move(link.escalation_id, chosen)
    except (SlotTaken, SlotRefused) as refused:
        return await _not_this(request, link, zone, refused, chosen)
    except (TooLate, NotNow) as refused:
        return standing_page(
            request, await open_link(request, token), zone, refused=refused.title, status=status_of(refused)
        )
    return _back(token, zone)


@router.post("/c/{token}/cancel", dependencies=[Guarded])
async def cancel(request: Request, token: str, sure: Field = "", zone: Field = "") -> Response:
    """Cancel, if the customer said so; sent again, the same answer."""
    link = await open_link(request, token)
    stage = stage_of(link, datetime.now(UTC))
    if stage in (CustomerStage.BOOK, CustomerStage.CANCELLED):
        return _back(token, zone)
    if sure != "yes":
        text = "Nothing was cancelled. Tick the box beside “Yes” if you want to cancel"
        return standing_page(request, link, zone, refused=text, status=422)
    if stage not in CANCELLABLE:
        return standing_page(request, link, zone, refused=TooLate().title, status=status_of(TooLate))
    try:
        await gateway_of(request).cancel(link.escalation_id)
    except (TooLate, NotNow) as refused:
        link = await open_link(request, token)
        if stage_of(link, datetime.now(UTC)) is not CustomerStage.CANCELLED:
            return standing_page(request, link, zone, refused=refused.title, status=status_of(refused))
        # The second of a double click: the first has cancelled it.
    return _back(token, zone)


async def _choose_first(request: Request, link: LinkPage, zone: str) -> Response:
    return await slots_page(request, link, zone, refused="Choose a time first. Nothing was booked", status=422)


async def _not_this(request: Request, link: LinkPage, zone: str, refused: Failure, chosen: datetime) -> Response:
    """The slots anew, with the reason, and with the nearest free ones first."""
    when = times.when(chosen, zone_of(link, zone))
    said = f"{when}: {refused.detail[0].lower()}{refused.detail[1:]}".rstrip(".")
    return await slots_page(request, link, zone, refused=said, wanted=chosen, status=status_of(refused))


def _back(token: str, zone: str) -> RedirectResponse:
    kept = f"?zone={times.zone_or(zone, 'UTC')}" if zone else ""
    return RedirectResponse(f"/c/{token}{kept}", 303)
