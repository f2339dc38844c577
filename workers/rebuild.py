"""Rebuilds a workflow from the rows.

A workflow tracks an escalation's course but isn't the source of truth. It can be thrown away, because everything that
it needs is in PostgreSQL.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from activities.comparing import find_problem
from activities.starting import start_workflow
from database.stores.rounds.repair import Position, note_rebuilt
from domain.ids import workflow_id

TIMEOUT = timedelta(seconds=3)
BY_HAND = "its workflow was rebuilt by hand"
"""The reason shown in the timeline if somebody asked for it although nothing was wrong."""


async def reason_to_rebuild(client: Client, engine: AsyncEngine, position: Position, now: datetime) -> str:
    """What to record if somebody asks to rebuild an open escalation's workflow. Raises ``RPCError``."""
    try:
        problem = await find_problem(client, engine, position, now)
    except (TypeError, ValueError):
        # Its history can't be decoded. A new one replaces it.
        return BY_HAND
    return BY_HAND if problem is None else problem.value


async def rebuild(
    client: Client, engine: AsyncEngine, escalation_id: str, reason: str, now: datetime, *, actor: str = "muster"
) -> bool:
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
        await note_rebuilt(conn, escalation_id, reason, now, actor)
    return True


async def remove(client: Client, escalation_id: str) -> bool:
    """Delete the escalation's workflow with its history, so that it counts as lost; False if it is gone already."""
    request = DeleteWorkflowExecutionRequest(
        namespace=client.namespace, workflow_execution=WorkflowExecution(workflow_id=workflow_id(escalation_id))
    )
    try:
        await client.workflow_service.delete_workflow_execution(request, timeout=TIMEOUT)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False
    return True
