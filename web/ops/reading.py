"""One escalation: its story, its plan, its offers and messages, and what Temporal knows of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, StreamingResponse

from database.listening import EVERYTHING
from database.stores.queries.escalation_detail import WholeEscalation
from domain.escalation import OPEN_STATES, EscalationUnknown, State
from domain.failure import Failure, Unreachable
from web.api.escalations import whole_of
from web.dependencies import engine_of, gateway_of, live_of
from web.live import StreamEvent, event_stream
from web.ops.headline import headline
from web.ops.story import reader_name, tell
from web.page import page
from web.security.access import RULES
from web.security.session import Signed, still_signed_in
from web.wording.facts import fact_rows
from web.wording.states import state_words

router = APIRouter(prefix="/ops")

SAID = {
    "nudged": "Nudged. What came of it stands in the story.",
    "withdrawn": "Withdrawn. Everybody concerned has been told.",
    "sent": "Queued. It goes out in a moment.",
    "not-failed": "That message is not a failed one any more.",
}


@router.get("/{escalation_id}")
async def one_page(request: Request, signed: Signed, escalation_id: str, said: str = "") -> HTMLResponse:
    whole = await whole_of(engine_of(request), escalation_id)
    return story_page(request, signed.roles, whole, said=SAID.get(said, ""))


def story_page(
    request: Request, roles: frozenset[str], whole: WholeEscalation, status: int = 200, **context: Any
) -> HTMLResponse:
    """The page; ``context`` may hold ``said`` (what was done) or ``wrong`` and ``typed`` (what could not be)."""
    may_act = bool(roles & {"ops", "admin"})
    known: dict[str, Any] = {"said": "", "wrong": "", "typed": ""}
    return page(
        request,
        "ops/one.html",
        status,
        whole=whole,
        line=headline(whole),
        stands=state_words(whole.state, whole.outcome),
        story=tell(whole),
        facts=fact_rows(whole.ticket["facts"], whole.declared),
        opened_by=reader_name(whole.opened_by, whole),
        may_act=may_act,
        may_read_rules=bool(roles & RULES),
        may_nudge=may_act and whole.state in (State.INVITED, State.BOOKED, State.MUSTERING, State.RATING),
        may_withdraw=may_act and whole.state in OPEN_STATES,
        zone=whole.desk_zone,
        **(known | context),
    )


@router.get("/{escalation_id}/workflow")
async def workflow_part(request: Request, signed: Signed, escalation_id: str) -> HTMLResponse:
    """What Temporal knows. The page stands without it, so that its being down hides nothing else."""
    whole = await whole_of(engine_of(request), escalation_id)
    gateway, history, pending, trouble = gateway_of(request), [], [], ""
    try:
        history = await gateway.history(whole.id)
        pending = await gateway.pending(whole.id)
    except EscalationUnknown:
        trouble = (
            "Temporal keeps no history of it: it has not begun yet, was refused, or ended longer ago than is kept."
        )
    except Unreachable as down:
        trouble = f"{down.detail} The story above comes from our own database and is complete."
    except Failure as other:
        trouble = other.detail
    part = request.headers.get("hx-request") == "true"
    template = "ops/_workflow.html" if part else "ops/workflow.html"
    return page(request, template, whole=whole, history=history, pending=pending, trouble=trouble, zone=whole.desk_zone)


@router.get("/{escalation_id}/stream")
async def stream(request: Request, signed: Signed, escalation_id: str) -> StreamingResponse:
    """Says ``changed`` whenever something happened to this escalation."""
    whole = await whole_of(engine_of(request), escalation_id)

    async def draw(payload: str) -> Sequence[StreamEvent]:
        return [StreamEvent("changed", "")] if payload in (EVERYTHING, f"escalation:{whole.id}") else []

    async def allowed() -> bool:
        return await still_signed_in(request)

    return event_stream(live_of(request).subscribe(), draw, allowed)
