"""What Temporal knows about an escalation's workflow: its history, and its running and waiting activities."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from activities.comparing import Problem, find_problem
from database.stores.rounds.repair import Position
from domain.escalation import EscalationUnknown
from domain.failure import Unreachable
from domain.ids import workflow_id
from web.temporal.history import HistoryRow, PendingActivity, history_rows, pending_activities

COMPARISON = 2.0
"""Seconds for which a page waits to hear what is wrong with a workflow."""
ANSWER = 1.0
"""Seconds for which it waits for anything else. All three fit into a page's time limit."""


class WorkflowGateway:
    """Read-only. Raises ``EscalationUnknown`` if Temporal has no such workflow, and ``Unreachable``."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def history(self, escalation_id: str) -> list[HistoryRow]:
        """The workflow's events, oldest first."""
        async with _answer_within(ANSWER, escalation_id):
            events = self._handle(escalation_id).fetch_history_events(page_size=1000)
            return history_rows([event async for event in events])

    async def pending(self, escalation_id: str) -> list[PendingActivity]:
        """Activities that are running or waiting for a retry."""
        async with _answer_within(ANSWER, escalation_id):
            return pending_activities(await self._handle(escalation_id).describe())

    async def problem(self, engine: AsyncEngine, position: Position, now: datetime) -> Problem | None:
        """What is wrong with the workflow of an open escalation, compared with its rows; None if nothing is."""
        async with _answer_within(COMPARISON, position.escalation):
            return await find_problem(self._client, engine, position, now)

    def _handle(self, escalation_id: str) -> WorkflowHandle[Any, Any]:
        return self._client.get_workflow_handle(workflow_id(escalation_id))


@asynccontextmanager
async def _answer_within(seconds: float, escalation_id: str) -> AsyncIterator[None]:
    """Limits the whole call, connecting included, which Temporal's client does by itself for as long as it takes."""
    try:
        async with asyncio.timeout(seconds):
            yield
    # A client that has never connected raises a plain RuntimeError.
    except (RPCError, RuntimeError, TimeoutError) as error:
        if isinstance(error, RPCError) and error.status is RPCStatusCode.NOT_FOUND:
            raise EscalationUnknown(escalation_id) from error
        raise Unreachable("Temporal") from error
