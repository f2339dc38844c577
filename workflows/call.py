"""The call: both sides join, or one is a no-show."""

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

AGENT_NO_SHOW, CUSTOMER_LATE, CUSTOMER_NO_SHOW = "agent no-show", "customer late", "customer no-show"


class CallCourse(Enum):
    """What became of an accepted call."""

    TOOK_PLACE = "took place"
    SEARCH_AGAIN = "search again"
    NEW_LINK = "new link"
    OVER = "over"


async def hold(state: WorkflowState) -> CallCourse:
    """Wait until both sides have joined, then until the call ends."""
    taken = state.taken
    assert taken is not None

    def settled() -> bool:
        return state.begun or state.over is not None or state.taken != taken

    for moment, deadline in _deadlines(state, taken):
        if await wait(state, settled, _at(moment), f"both join; else {deadline}"):
            break
        if (course := await _pass_deadline(state, taken, deadline, moment)) is not None:
            return course
    if state.over is not None:
        return CallCourse.OVER
    if state.taken != taken and not state.begun:
        return CallCourse.SEARCH_AGAIN
    return await _until_it_ends(state)


def _at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


def _deadlines(state: WorkflowState, taken: CallHolder) -> list[tuple[datetime, str]]:
    """The deadlines for joining, in chronological order. Simultaneous ones are in alphabetical order."""
    assert state.call is not None
    start = max(state.call.starts_at or taken.at, taken.at)
    wait_for_customer = state.times.wait_for_customer
    deadlines = [(moment, CUSTOMER_LATE) for moment in late_reminder_at(start, wait_for_customer)]
    deadlines.append((start + agent_grace(wait_for_customer), AGENT_NO_SHOW))
    deadlines.append((start + timedelta(seconds=wait_for_customer), CUSTOMER_NO_SHOW))
    return sorted(deadlines)


async def _pass_deadline(state: WorkflowState, taken: CallHolder, deadline: str, moment: datetime) -> CallCourse | None:
    """Act on a missed deadline. The activity checks the rows, as events may be missing. None means to keep waiting."""
    if deadline == AGENT_NO_SHOW:
        if await act(contracts.replace_agent, state.of_call(offer=taken.offer)):
            state.call_events.lost.add(taken.offer)
            return CallCourse.SEARCH_AGAIN
    elif deadline == CUSTOMER_LATE:
        await act(contracts.call_for_customer, state.of_call(moment.isoformat()))
    else:
        async with state.lock:
            its_call = state.call
            missed = await act(contracts.customer_missed, state.of_call())
            if missed.missed and its_call is not None and state.over is None:
                state.renew(its_call, missed.link)
                return CallCourse.NEW_LINK
    return None


async def _until_it_ends(state: WorkflowState) -> CallCourse:
    """Wait until the agent ends or wraps up the call, or vanishes. A call that nobody ends is ended after a while."""
    holder, deadline = state.taken, workflow.now() + timedelta(seconds=state.times.slot) + LONGEST_CALL

    def ended() -> bool:
        return state.call_events.ended_at is not None or state.wrapped_up or state.over is not None

    def lost() -> bool:
        return holder is not None and holder.offer in state.call_events.lost

    await until(lambda: ended() or lost(), deadline, "the call ends")
    if state.over is not None:
        return CallCourse.OVER
    return CallCourse.SEARCH_AGAIN if lost() and not ended() else CallCourse.TOOK_PLACE
