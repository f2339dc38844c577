"""What Temporal knows about an escalation's workflow: its history, and its running and waiting activities."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from activities.comparing import Problem, find_problem
from database.stores.rounds.repair import Position
from domain.deadlines import PAGE
from domain.escalation import EscalationUnknown
from domain.failure import Failure, Unreachable
from domain.ids import workflow_id
from web.temporal.history import HistoryRow, PendingActivity, history_rows, pending_activities


class WorkflowGateway:
    """Read-only. Raises ``EscalationUnknown`` if Temporal has no such workflow, and ``Unreachable``."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def history(self, escalation_id: str) -> list[HistoryRow]:
        """The workflow's events, oldest first."""
        try:
            events = self._handle(escalation_id).fetch_history_events(page_size=1000, rpc_timeout=PAGE)
            return history_rows([event async for event in events])
        except (RPCError, RuntimeError) as error:
            raise _failure(error, escalation_id) from error

    async def pending(self, escalation_id: str) -> list[PendingActivity]:
        """Activities that are running or waiting for a retry."""
        try:
            description = await self._handle(escalation_id).describe(rpc_timeout=PAGE)
        except (RPCError, RuntimeError) as error:
            raise _failure(error, escalation_id) from error
        return pending_activities(description)

    async def problem(self, engine: AsyncEngine, position: Position, now: datetime) -> Problem | None:
        """What is wrong with the workflow of an open escalation, compared with its rows; None if nothing is."""
        try:
            return await find_problem(self._client, engine, position, now)
        except (RPCError, RuntimeError) as error:
            raise _failure(error, position.escalation) from error

    def _handle(self, escalation_id: str) -> WorkflowHandle[Any, Any]:
        return self._client.get_workflow_handle(workflow_id(escalation_id))


def _failure(error: RPCError | RuntimeError, escalation_id: str) -> Failure:
    if isinstance(error, RPCError) and error.status is RPCStatusCode.NOT_FOUND:
        return EscalationUnknown(escalation_id)
    # A client that has never connected raises a plain RuntimeError.
    return Unreachable("Temporal")
