"""The call: both sides come, or one does not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import Enum

from temporalio import workflow

from activities import contracts
from domain.call import LONGEST_CALL, agent_grace, late_reminder_at
from workflows.acting import act
from workflows.call_events import CallHolder
from workflows.state import WorkflowState, until
from workflows.waiting import wait


class CallCourse(Enum):
    """How a call that was accepted went on."""

    TOOK_PLACE = "took place"
    SEARCH_AGAIN = "search again"
    NEW_LINK = "new link"
    OVER = "over"


async def hold(state: WorkflowState) -> CallCourse:
    """From the acceptance until both are there; then until the call ends."""
    taken = state.taken
    assert taken is not None

    def settled() -> bool:
        return state.begun or state.over is not None or state.taken != taken

    for moment, whom in _deadlines(state, taken):
        if await wait(state, settled, _at(moment), f"both join; or the {whom} is late"):
            break
        if (held := await _late(state, taken, whom, moment)) is not None:
            return held
    if state.over is not None:
        return CallCourse.OVER
    if state.taken != taken and not state.begun:
        return CallCourse.SEARCH_AGAIN
    return await _until_it_ends(state)


def _at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


def _deadlines(state: WorkflowState, taken: CallHolder) -> list[tuple[datetime, str]]:
    """When each side is missed, in order of time."""
    assert state.call is not None
    start = max(state.call.starts_at or taken.at, taken.at)
    wait_for_customer = state.times.wait_for_customer
    moments = [(moment, "customer") for moment in late_reminder_at(start, wait_for_customer)]
    moments.append((start + agent_grace(wait_for_customer), "agent"))
    moments.append((start + timedelta(seconds=wait_for_customer), "customer for good"))
    return sorted(moments)


async def _late(state: WorkflowState, taken: CallHolder, whom: str, moment: datetime) -> CallCourse | None:
    """Somebody is late, as far as we were told; the rows say who. None: go on waiting."""
    if whom == "agent":
        if await act(contracts.replace_agent, state.of_call(offer=taken.offer)):
            state.call_events.lost.add(taken.offer)
            return CallCourse.SEARCH_AGAIN
    elif whom == "customer":
        await act(contracts.call_for_customer, state.of_call(moment.isoformat()))
    else:
        async with state.lock:
            missed = await act(contracts.customer_missed, state.of_call())
            if missed.missed and state.over is None:
                state.renew(missed.link)
                return CallCourse.NEW_LINK
    return None


async def _until_it_ends(state: WorkflowState) -> CallCourse:
    """Until the agent hangs up or wraps up, or has vanished. A call that nobody ends, ends by itself."""
    holder, deadline = state.taken, workflow.now() + timedelta(seconds=state.times.slot) + LONGEST_CALL

    def ended() -> bool:
        return state.call_events.ended_at is not None or state.wrapped_up or state.over is not None

    def lost() -> bool:
        return holder is not None and holder.offer in state.call_events.lost

    await until(lambda: ended() or lost(), deadline, "the call ends")
    if state.over is not None:
        return CallCourse.OVER
    return CallCourse.SEARCH_AGAIN if lost() and not ended() else CallCourse.TOOK_PLACE
