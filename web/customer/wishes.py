"""“Nothing fits?”: asking the team for other times, and answering the time that they hold."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Form, Response

from database.clock import current_time
from database.stores.escalations.customer_requests import ask_for_times, wake_desks
from database.stores.selling.holds import end_hold
from domain.booking import SlotRefused, SlotTaken
from domain.customer_link import LinkExpired
from domain.customer_request import LONGEST_NOTE, read_wishes
from domain.escalation import NotNow
from domain.letter import plain_text
from web.customer.booking import back, not_booked
from web.customer.customer_link import LinkRequest, slots_page, zone_of
from web.customer.slots import read_start
from web.customer.stage import CustomerStage, stage_of
from web.dependencies import CustomerCommands
from web.security.csrf import Guarded

router = APIRouter()

Field = Annotated[str, Form()]
Chosen = Annotated[list[str], Form(default_factory=list)]


@router.post("/c/{token}/wish", dependencies=[Guarded])
async def ask_for_other_times(
    visit: LinkRequest, token: str, day: Chosen, part: Chosen, note: Field = "", zone: Field = ""
) -> Response:
    """Tell the team which days and times of day suit. An untouched form tells them nothing."""
    link = await visit.open_link(token)
    if stage_of(link, current_time()) is not CustomerStage.BOOK:
        return back(token, zone)
    wishes, words = read_wishes(day, part, zone_of(link, zone)), plain_text(note)
    if len(words) > LONGEST_NOTE:
        text = f"Your note is too long: {len(words)} characters, at most {LONGEST_NOTE}. Nothing was sent"
        return await slots_page(visit, link, zone, wish_refused=text, status=422)
    if not (wishes.days or wishes.parts or words):
        text = "Choose a day or a time of day, or write a note. Nothing was sent"
        return await slots_page(visit, link, zone, wish_refused=text, status=422)
    with suppress(LinkExpired):
        async with visit.engine.begin() as conn:
            await ask_for_times(conn, link.escalation_id, link.link_id, wishes, words, current_time())
    return back(token, zone)


@router.post("/c/{token}/take", dependencies=[Guarded])
async def answer_held(
    visit: LinkRequest, commands: CustomerCommands, token: str, start: Field = "", zone: Field = ""
) -> Response:
    """Book the slot that is held, or with ``none`` give it back. Anything else changes nothing."""
    link = await visit.open_link(token)
    held = link.asked.held if link.asked is not None else None
    if stage_of(link, current_time()) is not CustomerStage.BOOK or held is None:
        return back(token, zone)
    if start == "none":
        async with visit.engine.begin() as conn:
            await end_hold(conn, link.escalation_id, current_time(), why="none", actor="customer")
            await wake_desks(conn, link.escalation_id)
    elif read_start(start) == held:
        try:
            await commands.take_held(link.escalation_id, link.link_id, held, zone=zone_of(link, zone))
        except (SlotTaken, SlotRefused, LinkExpired, NotNow) as failure:
            return await not_booked(visit, token, zone, failure, held)
    return back(token, zone)
