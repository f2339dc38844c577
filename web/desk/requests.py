"""Answering what customers ask from their pages: a new link by one click."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Path, Response

from database.clock import current_time
from database.stores.escalations.customer_requests import close_request, find_request, issue_link, wake_desks
from database.stores.selling.holds import hold_slot
from domain.booking import SlotRefused, SlotTaken
from domain.customer_link import LinkExpired
from domain.customer_request import OpenedElsewhere, RequestGone
from domain.escalation import NoRules, NotNow
from rules_dsl import FactRefused
from web.customer.slots import read_start
from web.desk.areas import OwnDesk, answer
from web.error_status import status_of
from web.security.csrf import Guarded
from web.wording import times

router = APIRouter(prefix="/desk/requests/{request_id}")

RequestId = Annotated[int, Path(ge=0, le=2**62)]


@router.post("/issue", dependencies=[Guarded])
async def issue(desk: OwnDesk, request_id: RequestId) -> Response:
    """Open the ticket again, so that the customer gets a new link. Today’s rules decide whether a call is allowed."""
    try:
        async with desk.engine.begin() as conn:
            request = await find_request(conn, desk.person_id, request_id)
            refusal = await issue_link(conn, request, desk.person_id, desk.tokens, current_time())
    except (RequestGone, NotNow, NoRules, OpenedElsewhere) as failure:
        return await answer(desk, status_of(failure), notice=f"{failure.title}.")
    except FactRefused as refused:
        return await answer(desk, 422, notice=f"The ticket’s facts no longer fit the rules: {refused.all[0].reason}.")
    if refusal is not None:
        return await answer(desk, status_of(refusal), notice=f"No link was issued. {refusal.detail}.")
    return await answer(desk, notice=f"{request.customer_name} has a new link; a mail with it is on its way.")


@router.post("/hold", dependencies=[Guarded])
async def hold(desk: OwnDesk, request_id: RequestId, start: Annotated[str, Form()] = "") -> Response:
    """Hold this time for the customer, whose open page shows it at once."""
    moment = read_start(start)
    if moment is None:
        return await answer(desk, 422, notice="Choose a time to hold. Nothing was held.")
    try:
        async with desk.engine.begin() as conn:
            request = await find_request(conn, desk.person_id, request_id)
            now = current_time()
            until = await hold_slot(conn, request.escalation_id, request.id, moment, desk.person_id, now)
            await wake_desks(conn, request.escalation_id)
    except (RequestGone, LinkExpired, SlotTaken, SlotRefused) as failure:
        return await answer(
            desk, status_of(failure), ("asked",), notice=f"Nothing was held. {failure.detail.rstrip('.')}."
        )
    zone = desk.signed.time_zone
    held = f"{times.start_when(moment, zone)} is held for {request.customer_name} until {times.clock(until, zone)}."
    return await answer(desk, notice=held)


@router.post("/close", dependencies=[Guarded])
async def close(desk: OwnDesk, request_id: RequestId) -> Response:
    try:
        async with desk.engine.begin() as conn:
            request = await find_request(conn, desk.person_id, request_id)
            await close_request(conn, request, desk.person_id, current_time())
    except RequestGone as failure:
        return await answer(desk, status_of(failure), notice=f"{failure.title}.")
    return await answer(desk, notice=f"The request of {request.customer_name} is closed.")
