"""The link is with the customer: they book, or it dies by itself."""

from __future__ import annotations

from temporalio import workflow

from activities import contracts
from activities.messages import At, NudgeLink
from domain.escalation import Outcome
from workflows.acting import act
from workflows.state import WorkflowState, until


async def wait_for_booking(story: WorkflowState) -> None:
    """Returns when there is a call to wait for, or the story is over. Nudges once on the way."""
    if story.call is not None or story.link is None:
        return
    link = story.link

    def booked() -> bool:
        return story.call is not None or story.over is not None

    if await until(booked, link.nudge_at, "the customer books, or is nudged"):
        return
    await act(contracts.nudge_customer, NudgeLink(story.escalation_id, link.link_id, workflow.now()))
    if await until(booked, link.expires_at, "the customer books, or the link expires"):
        return
    async with story.lock:
        if not booked():
            stands = await act(contracts.expire_link, At(story.escalation_id, workflow.now()))
            if stands.call is not None:
                story.begin_call(stands.call)
            else:
                story.over = stands.outcome or Outcome.LINK_EXPIRED.value


async def nudge_again(story: WorkflowState, actor: str) -> None:
    """Support ops wants the customer to have the link once more."""
    assert story.link is not None
    key = f"{actor}/{workflow.now().isoformat()}"
    await act(contracts.nudge_customer, NudgeLink(story.escalation_id, story.link.link_id, workflow.now(), key))
