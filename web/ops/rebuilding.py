"""Rebuilding a workflow: what is wrong with it, a confirmation, and what came of it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.comparing import Problem
from database.clock import current_time
from database.stores.journal.audit_log import write_audit
from database.stores.queries.escalation_detail import WholeEscalation
from database.stores.rounds.overdue import is_overdue
from database.stores.rounds.rebuild_requests import RebuildAnswer, RebuildRequest, ask_for_rebuild, newest_request
from database.stores.rounds.repair import position_of
from domain.escalation import NotNow, State
from domain.failure import Unreachable
from web.api.escalations import read_or_raise
from web.dependencies import Engine, Gateway
from web.ops.story import reader_name
from web.page import page
from web.security.csrf import Guarded
from web.security.session import Signed
from web.temporal.gateway import WorkflowGateway

router = APIRouter(prefix="/ops")

PROBLEMS: Mapping[Problem, str] = {
    Problem.GONE: "The workflow is gone: Temporal has no running workflow of this escalation, so no deadline is kept.",
    Problem.FAILING: "The workflow’s tasks fail: no worker can continue it, so no deadline is kept.",
    Problem.BEHIND: "The workflow is behind: it has not heard of events that it should have had minutes ago.",
    Problem.AHEAD: "The workflow is ahead: it knows of events that the database lacks. Was a backup restored?",
    Problem.STUCK: "The workflow is stuck: it missed a deadline.",
}
HEALTHY = "Nothing is wrong: the workflow runs, and has heard of everything that it should have."


@dataclass(frozen=True)
class Diagnosis:
    words: str
    """Empty if the escalation is over."""
    is_wrong: bool = False
    was_answered: bool = True
    """Whether Temporal answered, if it was asked."""


@dataclass(frozen=True)
class RequestStatus:
    """The newest request, in words."""

    request: RebuildRequest
    by: str

    @property
    def open(self) -> bool:
        return self.request.answered_at is None

    @property
    def words(self) -> str:
        match self.request.answer:
            case RebuildAnswer.REBUILT:
                return "Done: the workflow was rebuilt from the rows."
            case RebuildAnswer.OVER:
                return "Nothing was done: the escalation had ended before."
            case None if self.request.last_error:
                return f"Not done yet: {self.request.last_error}. It is tried again every few seconds."
            case None:
                return "Not done yet: a worker takes it within seconds. If none is running, it waits."


async def diagnosis(engine: AsyncEngine, gateway: WorkflowGateway, escalation_id: str) -> Diagnosis:
    """What is wrong with an open escalation's workflow, if anything is."""
    now = current_time()
    async with engine.connect() as conn:
        position = await position_of(conn, escalation_id, now)
    if position is None:
        return Diagnosis("")
    try:
        problem = await gateway.problem(engine, position, now)
    except Unreachable:
        words = "Temporal does not answer right now, so nobody can tell whether anything is wrong."
        return Diagnosis(words, is_wrong=True, was_answered=False)
    if problem is None:
        async with engine.connect() as conn:
            problem = Problem.STUCK if await is_overdue(conn, escalation_id, now) else None
    return Diagnosis(HEALTHY) if problem is None else Diagnosis(PROBLEMS[problem], is_wrong=True)


async def newest_status(engine: AsyncEngine, escalation: WholeEscalation) -> RequestStatus | None:
    """The newest request to rebuild this escalation's workflow."""
    async with engine.connect() as conn:
        request = await newest_request(conn, escalation.id)
    if request is None:
        return None
    return RequestStatus(request, reader_name(request.asked_by, escalation))


@router.get("/{escalation_id}/rebuild")
async def confirm(request: Request, engine: Engine, gateway: Gateway, escalation_id: str) -> HTMLResponse:
    """The page that says what is wrong and what will happen."""
    escalation = await read_or_raise(engine, escalation_id)
    found = await diagnosis(engine, gateway, escalation.id)
    return page(
        request,
        "ops/rebuild.html",
        escalation=escalation,
        found=found.words,
        is_wrong=found.is_wrong,
        rebuild=await newest_status(engine, escalation),
        # Sent with the form, so that a double click asks once.
        request_id=uuid.uuid4(),
        zone=escalation.desk_zone,
    )


@router.post("/{escalation_id}/rebuild", dependencies=[Guarded])
async def rebuild(
    engine: Engine, signed: Signed, escalation_id: str, request_id: Annotated[uuid.UUID, Form()]
) -> Response:
    """Ask a worker to rebuild it. The same request again, or another while one is unanswered, changes nothing."""
    escalation = await read_or_raise(engine, escalation_id)
    if escalation.state in (State.CLOSED, State.REFUSED):
        raise NotNow(escalation.state)
    now = current_time()
    async with engine.begin() as conn:
        if await ask_for_rebuild(conn, str(request_id), escalation.id, signed.actor, now):
            await write_audit(conn, signed.actor, "asked for a rebuild", f"escalation:{escalation.id}", now)
    return RedirectResponse(f"/ops/{escalation.id}/rebuild", 303)
