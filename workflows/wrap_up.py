"""The wrap-up: the agent records the result of the call, within a time limit."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow

from activities import contracts
from activities.messages import RecordWrapUp, SaveWrapUp
from workflows.acting import act, decide
from workflows.state import WorkflowState, until

EXTRA = timedelta(minutes=10)
"""After the plan's wrap-up time, before the agent is freed without a wrap-up."""


async def wait_for_wrap_up(state: WorkflowState) -> None:
    """Wait for the wrap-up; without one in time, close the call."""
    deadline = workflow.now() + timedelta(seconds=state.times.wrap_up) + EXTRA

    def recorded() -> bool:
        return state.wrapped_up or state.over is not None

    if await until(recorded, deadline, "the agent wraps up"):
        return
    async with state.lock:
        if not recorded():
            await act(contracts.end_unrecorded, state.of_call())
            state.wrapped_up = True


async def record(state: WorkflowState, form: RecordWrapUp) -> None:
    """Save what the agent recorded, also after the call was closed without it."""
    async with state.lock:
        await decide(contracts.save_wrap_up, SaveWrapUp(state.escalation_id, form, workflow.now()))
        state.wrapped_up = True
