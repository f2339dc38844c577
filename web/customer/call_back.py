"""After a low score: the customer asks to be called back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from database.stores.escalations.commands import EscalationCommands
from database.stores.survey_page import SurveyPage
from domain.follow_up import NoCallBack
from web.customer.customer_link import LinkRequest
from web.customer.rating import open_survey
from web.dependencies import CustomerCommands
from web.security.csrf import Guarded
from web.wording import times

router = APIRouter()

Field = Annotated[str, Form()]


@router.post("/c/{token}/call-back", dependencies=[Guarded])
async def call_back_here(
    visit: LinkRequest, commands: CustomerCommands, token: str, call: Field = "", zone: Field = ""
) -> Response:
    link = await visit.open_link(token)
    if link.survey is None:
        raise NoCallBack
    await _ask(commands, link.survey, call)
    return RedirectResponse(f"/c/{token}{f'?zone={zone}' if times.is_zone(zone) else ''}", 303)


@router.post("/rate/{token}/call-back", dependencies=[Guarded])
async def call_back(visit: LinkRequest, commands: CustomerCommands, token: str, call: Field = "") -> Response:
    await _ask(commands, await open_survey(visit, token), call)
    return RedirectResponse(f"/rate/{token}", 303)


async def _ask(commands: EscalationCommands, survey: SurveyPage, call: str) -> None:
    """Ask if the button was pressed that people see; asking again changes nothing."""
    if call == "yes":
        await commands.ask_for_call_back(survey.escalation_id, survey.call_id)
