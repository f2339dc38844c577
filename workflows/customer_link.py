"""The time during which the customer has the link: they book, or it expires."""

from __future__ import annotations

from temporalio import workflow

from activities import contracts
from activities.messages import At, NudgeLink
from domain.escalation import Outcome
from workflows.acting import act
from workflows.state import WorkflowState, until


async def wait_for_booking(state: WorkflowState) -> None:
    """Wait until a call is booked or the escalation is over. Nudges the customer once."""
    if state.call is not None or state.link is None:
        return
    link = state.link

    def booked() -> bool:
        return state.call is not None or state.over is not None

    if await until(booked, link.nudge_at, "the customer books, or is nudged"):
        return
    await act(contracts.nudge_customer, NudgeLink(state.escalation_id, link.link_id, workflow.now()))
    if await until(booked, link.expires_at, "the customer books, or the link expires"):
        return
    async with state.lock:
        if not booked():
            result = await act(contracts.expire_link, At(state.escalation_id, workflow.now()))
            if result.call is not None:
                state.begin_call(result.call)
            else:
                state.over = result.outcome or Outcome.LINK_EXPIRED.value
