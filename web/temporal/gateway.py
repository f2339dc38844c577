"""The web's only access to Temporal: commands to an escalation's workflow, and its history.

Turns Temporal's errors into domain failures. An unknown outcome is ``Unreachable``: retrying is safe, because
commands are idempotent.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import (
    Client,
    WorkflowHandle,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from activities.errors import from_application_error
from activities.messages import (
    Booked,
    BookSlot,
    CancelBooking,
    MoveBooking,
    Nudge,
    RateCall,
    RecordWrapUp,
    Withdraw,
)
from activities.starting import start_workflow
from database.stores.queries.escalation_detail import read_whole
from domain.deadlines import PAGE
from domain.escalation import EscalationUnknown, NotNow
from domain.failure import Failure, Unreachable
from domain.ids import workflow_id
from web.temporal.history import HistoryRow, PendingActivity, history_rows, pending_activities
from workflows.escalation import EscalationWorkflow

Result = TypeVar("Result")


class WorkflowGateway:
    """Sends commands, which raise the failures of their stage, ``NotNow``, ``EscalationUnknown`` or ``Unreachable``."""

    def __init__(self, client: Client, engine: AsyncEngine) -> None:
        self._client = client
        self._engine = engine
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def book(self, escalation_id: str, link_id: int, starts_at: datetime) -> Booked:
        booked: Booked = await self._update(escalation_id, EscalationWorkflow.book, BookSlot(link_id, starts_at))
        return booked

    async def move(self, escalation_id: str, starts_at: datetime) -> Booked:
        moved: Booked = await self._update(escalation_id, EscalationWorkflow.move, MoveBooking(starts_at))
        return moved

    async def cancel(self, escalation_id: str) -> None:
        await self._update(escalation_id, EscalationWorkflow.cancel, CancelBooking())

    async def wrap_up(self, escalation_id: str, message: RecordWrapUp) -> None:
        await self._update(escalation_id, EscalationWorkflow.wrap_up, message)

    async def rate(self, escalation_id: str, message: RateCall) -> None:
        await self._update(escalation_id, EscalationWorkflow.rate, message)

    async def nudge(self, escalation_id: str, actor: str) -> str:
        """Nudge the escalation; returns what the workflow did, as a sentence for the page."""
        return str(await self._update(escalation_id, EscalationWorkflow.nudge, Nudge(actor)))

    async def withdraw(self, escalation_id: str, actor: str, outcome: str = "withdrawn", reason_ref: str = "") -> None:
        await self._update(escalation_id, EscalationWorkflow.withdraw, Withdraw(actor, outcome, reason_ref))

    async def history(self, escalation_id: str) -> list[HistoryRow]:
        """The workflow's events, oldest first. Raises ``EscalationUnknown`` if Temporal keeps none."""
        try:
            events = self._handle(escalation_id).fetch_history_events(page_size=1000, rpc_timeout=PAGE)
            return history_rows([event async for event in events])
        except (RPCError, RuntimeError) as error:
            raise _failure(error, escalation_id) from error

    async def pending(self, escalation_id: str) -> list[PendingActivity]:
        """Activities that run or wait for a retry."""
        try:
            description = await self._handle(escalation_id).describe(rpc_timeout=PAGE)
        except (RPCError, RuntimeError) as error:
            raise _failure(error, escalation_id) from error
        return pending_activities(description)

    def _handle(self, escalation_id: str) -> WorkflowHandle[Any, Any]:
        return self._client.get_workflow_handle(workflow_id(escalation_id))

    async def _update(self, escalation_id: str, update: Any, message: Any) -> Any:
        """Send an update and wait for its result.

        One at a time per escalation, because Temporal aborts all running updates of a workflow if there are more
        than ten.
        """
        turn = self._turns.setdefault(escalation_id, asyncio.Lock())
        try:
            async with asyncio.timeout(PAGE.total_seconds()), turn:
                return await self._send(escalation_id, update, message)
        except TimeoutError as error:
            raise Unreachable("the worker") from error
        except WorkflowUpdateFailedError as error:
            raise _rejection(error) from error
        except WorkflowUpdateRPCTimeoutOrCancelledError as error:
            raise Unreachable("the worker") from error
        except (RPCError, RuntimeError) as error:
            raise await self._not_sent(error, escalation_id) from error

    async def _send(self, escalation_id: str, update: Any, message: Any) -> Any:
        handle = self._handle(escalation_id)
        try:
            return await handle.execute_update(update, message, rpc_timeout=PAGE)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
        # Just opened, and the relay hasn't started its workflow yet: start it here.
        await start_workflow(self._client, self._engine, escalation_id, time_limit=PAGE)
        return await handle.execute_update(update, message, rpc_timeout=PAGE)

    async def _not_sent(self, error: RPCError | RuntimeError, escalation_id: str) -> Failure:
        """``NotNow`` if the escalation exists but its workflow has ended."""
        failure = _failure(error, escalation_id)
        if not isinstance(failure, EscalationUnknown):
            return failure
        async with self._engine.connect() as conn:
            escalation = await read_whole(conn, escalation_id)
        return failure if escalation is None else NotNow(escalation.state)


def _failure(error: RPCError | RuntimeError, escalation_id: str) -> Failure:
    if isinstance(error, RPCError) and error.status is RPCStatusCode.NOT_FOUND:
        return EscalationUnknown(escalation_id)
    # A client that has never connected raises a plain RuntimeError.
    return Unreachable("Temporal")


def _rejection(error: WorkflowUpdateFailedError) -> Failure:
    cause = error.cause
    if isinstance(cause, ApplicationError) and (failure := from_application_error(cause)) is not None:
        return failure
    return Unreachable("the worker")
