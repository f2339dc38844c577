"""The wrap-up: the agent records what came of it, within a limit."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow

from activities import contracts
from activities.messages import RecordWrapUp, SaveWrapUp
from workflows.acting import act, decide
from workflows.state import WorkflowState, until

SPARE = timedelta(minutes=10)
"""Past the plan's wrap-up time, before the agent is freed without one."""


async def wait_for_wrap_up(state: WorkflowState) -> None:
    deadline = workflow.now() + timedelta(seconds=state.times.wrap_up) + SPARE

    def recorded() -> bool:
        return state.wrapped_up or state.over is not None

    if await until(recorded, deadline, "the agent wraps up"):
        return
    async with state.lock:
        if not recorded():
            await act(contracts.end_unrecorded, state.of_call())
            state.wrapped_up = True


async def record(state: WorkflowState, said: RecordWrapUp) -> None:
    async with state.lock:
        await decide(contracts.save_wrap_up, SaveWrapUp(state.escalation_id, said, workflow.now()))
        state.wrapped_up = True
