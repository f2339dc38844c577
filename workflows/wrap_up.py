"""The wrap-up: the agent records the result of the call, within a time limit."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow

from activities import contracts
from domain.wrap_up import EXTRA
from workflows.acting import act
from workflows.state import WorkflowState, until


async def wait_for_wrap_up(state: WorkflowState) -> None:
    """Wait for the wrap-up; if none comes in time, close the call."""
    deadline = workflow.now() + timedelta(seconds=state.times.wrap_up) + EXTRA

    def recorded() -> bool:
        return state.wrapped_up or state.over is not None

    if await until(recorded, deadline, "the agent wraps up"):
        return
    async with state.lock:
        if not recorded() and state.call is not None:
            await act(contracts.end_unrecorded, state.of_call())
            state.events_of(state.call.call_id).wrapped_up = True
