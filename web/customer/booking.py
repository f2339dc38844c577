"""Booking, moving and cancelling. No choice is preselected, so submitting an untouched form changes nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from database.clock import current_time
from database.stores.customer_link import LinkPage
from domain.booking import SlotRefused, SlotTaken, TooLate
from domain.customer_link import LinkExpired, LinkUsed
from domain.escalation import NotNow
from domain.failure import Busy, Failure, Unreachable
from web.customer.customer_link import CustomerRequest, LinkRequest, newer_page, slots_page, status_page, zone_of
from web.customer.slots import read_start
from web.customer.stage import CANCELLABLE, CustomerStage, may_move, stage_of
from web.dependencies import CustomerCommands
from web.error_status import status_of
from web.security.csrf import Guarded
from web.wording import times

router = APIRouter()

Field = Annotated[str, Form()]


@router.post("/c/{token}/book", dependencies=[Guarded])
async def book(
    visit: LinkRequest, commands: CustomerCommands, token: str, start: Field = "", zone: Field = ""
) -> Response:
    """Book the chosen start time. Booking the same one again just shows the booking."""
    link = await visit.open_link(token)
    stage = stage_of(link, current_time())
    chosen = read_start(start)
    if stage is CustomerStage.BOOK:
        if chosen is None:
            return await _choose_first(visit, link, zone)
        try:
            await commands.book(link.escalation_id, link.link_id, chosen, zone=zone_of(link, zone))
        except (SlotTaken, SlotRefused, LinkUsed, LinkExpired, NotNow, Busy, Unreachable) as failure:
            return await not_booked(visit, token, zone, failure, chosen)
        return back(token, zone)
    if newer := newer_page(visit, link):
        return RedirectResponse(newer, 303)
    return status_page(visit, link, zone) if link.booking is None else _booked(visit, link, token, zone, chosen)


@router.post("/c/{token}/move", dependencies=[Guarded])
async def move(
    visit: LinkRequest, commands: CustomerCommands, token: str, start: Field = "", zone: Field = ""
) -> Response:
    """Move the booked call to the chosen start time."""
    link = await visit.open_link(token)
    stage, chosen = stage_of(link, current_time()), read_start(start)
    if stage is CustomerStage.BOOK or (link.booking is not None and link.booking.starts_at == chosen):
        return back(token, zone)
    if not may_move(link, stage):
        return _refused(visit, link, zone, TooLate())
    if chosen is None:
        return await _choose_first(visit, link, zone)
    try:
        await commands.move(link.escalation_id, chosen, zone=zone_of(link, zone))
    except (SlotTaken, SlotRefused, TooLate, NotNow, Busy, Unreachable) as failure:
        return await _not_moved(visit, token, zone, failure, chosen, _booked_for(link))
    return back(token, zone)


@router.post("/c/{token}/cancel", dependencies=[Guarded])
async def cancel(
    visit: LinkRequest, commands: CustomerCommands, token: str, sure: Field = "", zone: Field = ""
) -> Response:
    """Cancel the call if the customer ticked the box. Cancelling again changes nothing."""
    link = await visit.open_link(token)
    stage = stage_of(link, current_time())
    if stage in (CustomerStage.BOOK, CustomerStage.CANCELLED):
        return back(token, zone)
    if sure != "yes":
        text = "Nothing was cancelled. Tick the box beside “Yes” if you want to cancel"
        return status_page(visit, link, zone, refused=text, cancelling=True, status=422)
    if stage not in CANCELLABLE:
        return _refused(visit, link, zone, TooLate())
    try:
        await commands.cancel(link.escalation_id)
    except (TooLate, NotNow) as failure:
        link = await visit.open_link(token)
        if stage_of(link, current_time()) is not CustomerStage.CANCELLED:
            return _refused(visit, link, zone, failure)
        # The second click of a double click: the first has already cancelled the call.
    return back(token, zone)


async def not_booked(visit: CustomerRequest, token: str, zone: str, failure: Failure, chosen: datetime) -> Response:
    """Why nothing was booked, unless another click or another device has booked by this link meanwhile."""
    link = await visit.open_link(token)
    if link.booking is not None:
        return _booked(visit, link, token, zone, chosen)
    if isinstance(failure, (SlotTaken, SlotRefused)):
        return await _other_slots(visit, link, zone, failure, chosen)
    if isinstance(failure, (Busy, Unreachable)):
        raise failure
    return _refused(visit, link, zone, failure)


async def _not_moved(
    visit: CustomerRequest,
    token: str,
    zone: str,
    failure: Failure,
    chosen: datetime,
    before: datetime | None,
) -> Response:
    """Why the call wasn't moved from ``before``, unless this or another click has moved or cancelled it meanwhile."""
    link = await visit.open_link(token)
    if stage_of(link, current_time()) is CustomerStage.CANCELLED:
        return back(token, zone)
    if _booked_for(link) != before:
        return _booked(visit, link, token, zone, chosen)
    if isinstance(failure, (SlotTaken, SlotRefused)):
        return await _other_slots(visit, link, zone, failure, chosen)
    if isinstance(failure, (Busy, Unreachable)):
        raise failure
    return _refused(visit, link, zone, failure)


def _booked_for(link: LinkPage) -> datetime | None:
    return None if link.booking is None else link.booking.starts_at


def _booked(visit: CustomerRequest, link: LinkPage, token: str, zone: str, chosen: datetime | None) -> Response:
    """The call that this link has booked, and whether it is at the time chosen now."""
    assert link.booking is not None
    if link.booking.starts_at == chosen:
        return back(token, zone)
    says, instead = _booked_already(link, zone, chosen)
    return status_page(visit, link, zone, refused=says, instead=instead, status=status_of(LinkUsed))


async def _choose_first(visit: CustomerRequest, link: LinkPage, zone: str) -> Response:
    return await slots_page(visit, link, zone, refused="Choose a time first. Nothing was booked", status=422)


async def _other_slots(
    visit: CustomerRequest, link: LinkPage, zone: str, failure: Failure, chosen: datetime
) -> Response:
    """The start times that are free now, nearest first, with the reason for the refusal."""
    when = times.start_when(chosen, zone_of(link, zone))
    reason = f"{when}: {failure.detail[0].lower()}{failure.detail[1:]}".rstrip(".")
    return await slots_page(visit, link, zone, refused=reason, wanted=chosen, status=status_of(failure))


def _refused(visit: CustomerRequest, link: LinkPage, zone: str, failure: Failure) -> HTMLResponse:
    return status_page(visit, link, zone, refused=failure.title, status=status_of(failure))


def _booked_already(link: LinkPage, zone: str, chosen: datetime | None) -> tuple[str, datetime | None]:
    """Which call is booked, and the time that was chosen now if the call may be moved there."""
    assert link.booking is not None
    reads_in, booked = zone_of(link, zone), link.booking.starts_at
    says = f"Your call is booked already, for {times.start_when(booked, reads_in)}"
    if chosen is None or not may_move(link, stage_of(link, current_time())):
        return f"{says}.", None
    same_day = times.day(chosen, reads_in) == times.day(booked, reads_in)
    there = times.start_clock(chosen, reads_in)
    return f"{says}. Move it to {there if same_day else f'{times.day(chosen, reads_in)}, {there}'}?", chosen


def back(token: str, zone: str) -> RedirectResponse:
    """To the link's page, which keeps the zone that was chosen."""
    query = f"?zone={zone}" if times.is_zone(zone) else ""
    return RedirectResponse(f"/c/{token}{query}", 303)
