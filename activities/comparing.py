"""Compares a workflow with the rows: is it there, do its tasks succeed, and has it heard what the rows say?"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.common import SearchAttributeKey
from temporalio.service import RPCError, RPCStatusCode

from activities.last_heard import last_heard
from database.stores.rounds.repair import Position, position_of
from domain.ids import workflow_id

TIMEOUT = timedelta(seconds=3)
PROBLEMS_REPORTED = SearchAttributeKey.for_keyword_list("TemporalReportedProblems")
"""Set by the server after some workflow tasks in a row have failed or timed out, and removed by one that succeeds."""
TASK_FAILED = "category=WorkflowTaskFailed"
"""The workers can't replay the history. Tasks that time out are no reason to rebuild: a starved worker would only get
more to do, and if the workflow itself is to blame, it falls behind.
"""


_FAILING = f"{PROBLEMS_REPORTED.name} = '{TASK_FAILED}' AND ExecutionStatus = 'Running'"


class Problem(StrEnum):
    """Why a workflow is rebuilt, in the words that appear in the escalation's timeline."""

    GONE = "its workflow was gone"
    FAILING = "its workflow's tasks failed"
    BEHIND = "its workflow had not heard of everything"
    AHEAD = "its workflow knew of events that the database doesn't have"
    STUCK = "its workflow had missed a deadline"


async def find_problem(client: Client, engine: AsyncEngine, position: Position, now: datetime) -> Problem | None:
    """What is wrong with an open escalation's workflow, or None. Raises ``RPCError`` if Temporal doesn't answer.

    ``position`` may be some seconds old.
    """
    try:
        described = await client.get_workflow_handle(workflow_id(position.escalation)).describe(rpc_timeout=TIMEOUT)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return Problem.GONE
    if described.status is not WorkflowExecutionStatus.RUNNING:
        return Problem.GONE
    if TASK_FAILED in (described.typed_search_attributes.get(PROBLEMS_REPORTED) or ()):
        return Problem.FAILING
    started_at: int | None = (await described.memo()).get("seq")
    if started_at is None or described.history_length > 1:
        heard = await last_heard(client, position.escalation)
    else:
        # A history of one event is that of a workflow whose start is still delayed.
        heard = started_at
    if heard < position.relayed_seq:
        return Problem.BEHIND
    return Problem.AHEAD if heard > position.seq and await _is_ahead(engine, position, heard, now) else None


async def count_failing(client: Client) -> int:
    """How many running workflows have tasks that fail. Raises ``RPCError`` if Temporal doesn't answer."""
    return (await client.count_workflows(_FAILING, rpc_timeout=TIMEOUT)).count


async def _is_ahead(engine: AsyncEngine, position: Position, heard: int, now: datetime) -> bool:
    """Whether the workflow is ahead of the present rows; it may have heard of an event written since they were read."""
    async with engine.connect() as conn:
        current = await position_of(conn, position.escalation, now)
    return current is not None and heard > current.seq
