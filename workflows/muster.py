"""The muster: Postgres finds the person and tells us; this waits, with a net under it."""

from __future__ import annotations

from datetime import datetime, timedelta

from temporalio import workflow

from activities import contracts
from workflows.acting import act
from workflows.state import WorkflowState
from workflows.waiting import wait

JITTER = timedelta(seconds=30)
"""Many calls are due in the same second; their nets are not."""
NET_AT_MOST = timedelta(minutes=5)


async def find_somebody(state: WorkflowState) -> bool:
    """Returns True when a person has taken the call; False when nobody will, or the story is over.

    For a booked call this is the whole wait, reminders included: at the moment of the muster itself nothing
    needs to happen here, only some time after it, should no word have come.
    """
    timeout = timedelta(seconds=state.times.offer) + workflow.random().random() * JITTER
    looked_at = None

    def decided() -> bool:
        return state.taken is not None or state.call_events.exhausted or state.over is not None

    def net() -> datetime:
        assert state.call is not None
        return max(state.call.muster_at, looked_at or state.call.muster_at) + timeout

    while not await wait(state, decided, net, "somebody takes the call; if no word comes, look at the rows"):
        await settle(state)
        looked_at = workflow.now()
        timeout = min(timeout * 2, NET_AT_MOST)
    if state.over is not None:
        return False
    if state.taken is not None:
        return True
    async with state.lock:
        state.renew(await act(contracts.nobody_available, state.of_call()))
    return False


async def settle(state: WorkflowState) -> str:
    """Read the rows, and take in what nobody told us; returns how the call stands."""
    settled = await act(contracts.settle, state.of_call())
    for event in settled.events:
        state.take_event(event)
    state.over = state.over or settled.outcome
    return settled.call_state
