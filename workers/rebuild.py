"""Compares workflows with the rows, and rebuilds a workflow from the rows when they disagree.

A workflow tracks an escalation's course but isn't the source of truth. It can be thrown away, because everything that
it needs is in PostgreSQL.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.common import SearchAttributeKey
from temporalio.service import RPCError, RPCStatusCode

from activities.starting import start_workflow
from database.stores.rounds.repair import Position, note_rebuilt
from domain.ids import workflow_id
from workers.last_heard import last_heard

TIMEOUT = timedelta(seconds=3)
_FAILING = SearchAttributeKey.for_keyword_list("TemporalReportedProblems")
"""Set by the server after two workflow tasks in a row have failed: the workers can't replay the history."""


class Problem(StrEnum):
    """Why a workflow is rebuilt, in the words that appear in the escalation's timeline."""

    GONE = "its workflow was gone"
    FAILING = "its workflow's tasks failed"
    BEHIND = "its workflow had not heard of everything"
    AHEAD = "its workflow knew of events that the database has not"
    STUCK = "its workflow had let a deadline pass"


async def problem_of(client: Client, position: Position) -> Problem | None:
    """What is wrong with an open escalation's workflow, or None. Raises ``RPCError`` if Temporal doesn't answer."""
    try:
        described = await client.get_workflow_handle(workflow_id(position.escalation)).describe(rpc_timeout=TIMEOUT)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return Problem.GONE
    if described.status is not WorkflowExecutionStatus.RUNNING:
        return Problem.GONE
    if described.typed_search_attributes.get(_FAILING):
        return Problem.FAILING
    started_at = (await described.memo()).get("seq")
    if started_at is None:
        # Started by a release whose updates told the workflow things that no event did.
        return None
    # A history of one event is that of a workflow whose start is still delayed.
    heard = started_at if described.history_length == 1 else await last_heard(client, position.escalation)
    if heard > position.seq:
        return Problem.AHEAD
    return Problem.BEHIND if heard < position.relayed_seq else None


async def rebuild(client: Client, engine: AsyncEngine, escalation_id: str, reason: str, now: datetime) -> bool:
    """Terminate the escalation's workflow, start it again from the rows, and record why; False if it is over."""
    try:
        handle = client.get_workflow_handle(workflow_id(escalation_id))
        await handle.terminate(reason=reason, rpc_timeout=TIMEOUT)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
    if not await start_workflow(client, engine, escalation_id, again=True, time_limit=TIMEOUT):
        return False
    async with engine.begin() as conn:
        await note_rebuilt(conn, escalation_id, reason, now)
    return True
