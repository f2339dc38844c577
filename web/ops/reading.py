"""One escalation: its story, plan, offers and messages, and Temporal's history."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, StreamingResponse

from database.listening import EVERYTHING
from database.stores.queries.escalation_detail import WholeEscalation
from domain.escalation import OPEN_STATES, EscalationUnknown, Kind, State
from domain.failure import Unreachable
from web.api.escalations import read_or_raise, read_story
from web.dependencies import Archive, Engine, Gateway, LiveEvents
from web.live import StreamEvent, event_stream
from web.ops.asked import offer_words
from web.ops.headline import headline
from web.ops.rebuilding import diagnosis, newest_status
from web.ops.story import newest_sentence, reader_name, story_of
from web.page import page
from web.security.access import still_allowed
from web.security.access_matrix import RULES
from web.security.session import Signed
from web.wording.facts import fact_rows
from web.wording.states import state_words

router = APIRouter(prefix="/ops")

STORIES = {"nudged": Kind.NUDGED, "withdrawn": Kind.WITHDRAWN}
"""Actions that the story's own sentence confirms, because it says what was done and who was told."""
NUDGES = {
    State.INVITED: "Remind the customer now.",
    State.BOOKED: "Let the workflow read everything that happened again.",
    State.MUSTERING: "Search for somebody again now.",
    State.RATING: "Let the workflow read everything that happened again.",
}
"""What a nudge does in each state."""
CONFIRMATIONS = {
    "sent": "Queued. It will be sent in a moment.",
    "not-failed": "This message no longer counts as failed.",
}


@router.get("/{escalation_id}")
async def one_page(
    request: Request, engine: Engine, archive: Archive, signed: Signed, escalation_id: str, said: str = ""
) -> HTMLResponse:
    escalation = await read_story(engine, archive, escalation_id)
    confirmation = newest_sentence(escalation, STORIES[said]) if said in STORIES else CONFIRMATIONS.get(said, "")
    return await story_page(request, signed.roles, escalation, said=confirmation)


async def story_page(
    request: Request, roles: frozenset[str], escalation: WholeEscalation, status: int = 200, **context: Any
) -> HTMLResponse:
    """The escalation's page.

    ``context`` may hold ``said`` after an action, or ``wrong`` and ``typed`` after a failed one. Drawn in a thread: a
    story can have thousands of events.
    """
    return await asyncio.to_thread(_story_page, request, roles, escalation, status, context)


def _story_page(
    request: Request, roles: frozenset[str], escalation: WholeEscalation, status: int, context: dict[str, Any]
) -> HTMLResponse:
    may_act = bool(roles & {"ops", "admin"})
    defaults: dict[str, Any] = {"said": "", "wrong": "", "typed": ""}
    return page(
        request,
        "ops/one.html",
        status,
        escalation=escalation,
        line=headline(escalation),
        state=state_words(escalation.state, escalation.outcome),
        story=story_of(escalation),
        asked=[(offer, offer_words(offer, escalation.events)) for offer in escalation.offers],
        facts=fact_rows(escalation.ticket["facts"], escalation.declared),
        opened_by=reader_name(escalation.opened_by, escalation),
        may_act=may_act,
        may_read_rules=bool(roles & RULES),
        nudge=NUDGES.get(State(escalation.state), ""),
        may_nudge=may_act and escalation.state in (State.INVITED, State.BOOKED, State.MUSTERING, State.RATING),
        may_withdraw=may_act and escalation.state in OPEN_STATES,
        zone=escalation.desk_zone,
        **(defaults | context),
    )


@router.get("/{escalation_id}/workflow")
async def workflow_part(
    request: Request, engine: Engine, gateway: Gateway, signed: Signed, escalation_id: str
) -> HTMLResponse:
    """Temporal's history and retries, and what is wrong. Loaded separately, so that the page works without Temporal."""
    escalation = await read_or_raise(engine, escalation_id)
    # The database first: once Temporal has used up the request's time, the database would have none left.
    rebuild, found = await newest_status(engine, escalation), await diagnosis(engine, gateway, escalation.id)
    history, pending, trouble = [], [], ""
    try:
        if not found.was_answered:
            raise Unreachable("Temporal")
        history = await gateway.history(escalation.id)
        pending = await gateway.pending(escalation.id)
    except EscalationUnknown:
        trouble = (
            "Temporal has no history of it: it hasn’t begun, was refused, or ended so long ago that it was deleted."
        )
    except Unreachable as failure:
        trouble = f"{failure.detail} The story above comes from our own database and is complete."
    part = request.headers.get("hx-request") == "true"
    template = "ops/_workflow.html" if part else "ops/workflow.html"
    context: dict[str, Any] = {"history": history, "pending": pending, "trouble": trouble}
    context |= {"found": found.words, "is_wrong": found.is_wrong, "rebuild": rebuild}
    context["may_act"] = bool(signed.roles & {"ops", "admin"})
    return page(request, template, escalation=escalation, zone=escalation.desk_zone, **context)


def concerns(payload: str, escalation_id: str) -> bool:
    """Whether a notification is about this escalation, or its story."""
    return payload in (EVERYTHING, f"escalation:{escalation_id}", f"story:{escalation_id}")


@router.get("/{escalation_id}/stream")
async def stream(request: Request, engine: Engine, live: LiveEvents, escalation_id: str) -> StreamingResponse:
    """Sends the event ``changed`` whenever something happens to this escalation."""
    escalation = await read_or_raise(engine, escalation_id)

    async def draw(payload: str) -> Sequence[StreamEvent]:
        return [StreamEvent("changed", "")] if concerns(payload, escalation.id) else []

    async def allowed() -> bool:
        return await still_allowed(request)

    return event_stream(live.subscribe(), draw, allowed)
