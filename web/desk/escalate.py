"""Raising a ticket to a call, and the page of what was raised."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from database.stores.escalations.open import open_or_refuse
from database.stores.escalations.raised import find_raised
from database.stores.escalations.ticket_accounts import accounts_in_use
from database.stores.rules.decided_by import decided_by
from domain.escalation import EscalationUnknown, Mode, Opening
from domain.failure import Failure
from rules_dsl import FactRefused
from rules_dsl.directory import FactType
from web.dependencies import engine_of, settings_of, tokens_of
from web.desk.areas import declared_facts
from web.desk.escalate_form import EscalateForm, Problems, form_of, opening_of
from web.desk.plan_words import plan_lines, rule_lines
from web.error_status import status_of
from web.page import page
from web.security.access import RULES
from web.security.csrf import Guarded
from web.security.session import Signed
from web.wording.states import state_words

router = APIRouter()


@router.get("/desk/escalate")
async def ask(request: Request, signed: Signed) -> Response:
    async with engine_of(request).connect() as conn:
        declared = await declared_facts(conn)
    return _draw(request, form_of(request.query_params, declared), declared)


@router.post("/desk/escalate", dependencies=[Guarded])
async def escalate(request: Request, signed: Signed, mode: Annotated[Mode, Form()] = Mode.BOOKING) -> Response:
    """Sent again, it leads to the same escalation."""
    async with engine_of(request).connect() as conn:
        declared, in_use = await declared_facts(conn), await accounts_in_use(conn)
    form = form_of(await request.form(), declared)
    opening = opening_of(form, declared, in_use, mode, signed.actor)
    if not isinstance(opening, Opening):
        return _draw(request, form, declared, 422, opening)
    engine, tokens = engine_of(request), tokens_of(request)
    try:
        opened = await open_or_refuse(engine, opening, tokens, datetime.now(UTC))
    except FactRefused as refused:
        return _draw(request, form, declared, 422, Problems(facts={one.name: one.reason for one in refused.all}))
    except Failure as failure:
        return _draw(request, form, declared, status_of(failure), refusal=failure)
    return RedirectResponse(f"/desk/escalations/{opened.escalation_id}{'' if opened.created else '?again=1'}", 303)


@router.get("/desk/escalations/{escalation_id}")
async def show_raised(request: Request, signed: Signed, escalation_id: UUID, again: bool = False) -> Response:
    async with engine_of(request).connect() as conn:
        raised = await find_raised(conn, str(escalation_id))
        decided = await decided_by(conn, str(escalation_id))
    if raised is None:
        raise EscalationUnknown(str(escalation_id))
    link = None
    if raised.link_nth is not None:
        token = tokens_of(request).customer_link(raised.escalation_id, raised.link_nth)
        link = f"{settings_of(request).base_url}/c/{token}"
    return page(
        request,
        "desk/raised.html",
        raised=raised,
        link=link,
        again=again,
        by_me=raised.opened_by == signed.actor,
        stands=state_words(raised.state, raised.outcome),
        plan=plan_lines(raised.plan),
        rule=rule_lines(raised.plan),
        by=decided,
        may_read_rules=bool(signed.roles & RULES),
        zone=signed.time_zone,
    )


def _draw(
    request: Request,
    form: EscalateForm,
    declared: tuple[FactType, ...],
    status: int = 200,
    problems: Problems | None = None,
    refusal: Failure | None = None,
) -> Response:
    return page(
        request,
        "desk/escalate.html",
        status,
        form=form,
        declared=declared,
        problems=problems or Problems(),
        refusal=refusal,
    )
