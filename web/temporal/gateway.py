"""What Temporal knows about an escalation's workflow: its history, and its running and waiting activities."""

from __future__ import annotations

from typing import Any

from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

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

    def _handle(self, escalation_id: str) -> WorkflowHandle[Any, Any]:
        return self._client.get_workflow_handle(workflow_id(escalation_id))


def _failure(error: RPCError | RuntimeError, escalation_id: str) -> Failure:
    if isinstance(error, RPCError) and error.status is RPCStatusCode.NOT_FOUND:
        return EscalationUnknown(escalation_id)
    # A client that has never connected raises a plain RuntimeError.
    return Unreachable("Temporal")
