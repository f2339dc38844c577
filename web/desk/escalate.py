"""Escalating a ticket, and the page that shows an escalation to whoever raised it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from database.clock import current_time
from database.listening import EVERYTHING
from database.stores.escalations.open import open_or_refuse
from database.stores.escalations.raised import find_raised
from database.stores.escalations.ticket_accounts import accounts_in_use
from database.stores.rules.decided_by import decided_by
from domain.escalation import EscalationUnknown, Mode, Opening, State
from domain.failure import Failure
from domain.tickets.account import AccountUnclear
from rules_dsl import FactRefused
from rules_dsl.directory import FactType
from web.dependencies import AppSettings, AppTokens, Engine, LiveEvents
from web.desk.areas import declared_facts
from web.desk.escalate_form import EscalateForm, Problems, form_of, opening_of
from web.desk.plan_words import plan_lines, rule_lines
from web.error_status import status_of
from web.live import StreamEvent, event_stream
from web.page import page
from web.security.access import still_allowed
from web.security.access_matrix import RULES
from web.security.csrf import Guarded
from web.security.session import Signed
from web.wording.raised import mailed_words, raised_words
from web.wording.states import state_words

router = APIRouter()


@router.get("/desk/escalate")
async def escalate_page(request: Request, engine: Engine) -> Response:
    async with engine.connect() as conn:
        declared = await declared_facts(conn)
    return _draw(request, form_of(request.query_params, declared), declared)


@router.post("/desk/escalate", dependencies=[Guarded])
async def escalate(
    request: Request,
    engine: Engine,
    tokens: AppTokens,
    signed: Signed,
    mode: Annotated[Mode, Form()] = Mode.BOOKING,
) -> Response:
    """Open an escalation. Submitting the same form again leads to the same escalation."""
    async with engine.connect() as conn:
        declared, in_use = await declared_facts(conn), await accounts_in_use(conn)
    form = form_of(await request.form(), declared)
    opening = opening_of(form, declared, next(iter(in_use), "ticket"), mode, signed.actor)
    if not isinstance(opening, Opening):
        return _draw(request, form, declared, 422, opening)
    try:
        opened = await open_or_refuse(engine, opening, tokens, current_time())
    except FactRefused as refused:
        return _draw(request, form, declared, 422, Problems(facts={fact.name: fact.reason for fact in refused.all}))
    except AccountUnclear as unclear:
        return _draw(request, form, declared, 422, Problems({"ticket": unclear.detail}))
    except Failure as failure:
        return _draw(request, form, declared, status_of(failure), refusal=failure)
    return RedirectResponse(f"/desk/escalations/{opened.escalation_id}{'' if opened.created else '?again=1'}", 303)


@router.get("/desk/escalations/{escalation_id}")
async def show_raised(
    request: Request,
    engine: Engine,
    settings: AppSettings,
    tokens: AppTokens,
    signed: Signed,
    escalation_id: UUID,
    again: bool = False,
) -> Response:
    async with engine.connect() as conn:
        raised = await find_raised(conn, str(escalation_id))
        decided = await decided_by(conn, str(escalation_id))
    if raised is None:
        raise EscalationUnknown(str(escalation_id))
    link = None
    if raised.link_nth is not None:
        token = tokens.customer_link(raised.escalation_id, raised.link_nth)
        link = f"{settings.base_url}/c/{token}"
    return page(
        request,
        "desk/raised.html",
        raised=raised,
        link=link,
        again=again,
        by_me=raised.opened_by == signed.actor,
        state=state_words(raised.state, raised.outcome),
        says=raised_words(raised, signed.time_zone, current_time()),
        mailed=mailed_words(raised),
        plan=[] if raised.state == State.REFUSED else plan_lines(raised.plan, booked=not raised.is_now),
        rule=rule_lines(raised.plan),
        by=decided,
        may_read_rules=bool(signed.roles & RULES),
        zone=signed.time_zone,
    )


@router.get("/desk/escalations/{escalation_id}/stream")
async def raised_stream(request: Request, live: LiveEvents, escalation_id: UUID) -> Response:
    """Sends the event ``changed`` whenever something happens to this escalation."""

    concerning = (EVERYTHING, f"escalation:{escalation_id}", f"story:{escalation_id}")

    async def events(payload: str) -> Sequence[StreamEvent]:
        return [StreamEvent("changed", "")] if payload in concerning else []

    async def allowed() -> bool:
        return await still_allowed(request)

    return event_stream(live.subscribe(), events, allowed)


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
