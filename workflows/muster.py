"""The muster: rounds find the person and the relay signals who it is.

This module waits for that signal, with a timeout as a safety net.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from temporalio import workflow

from activities import contracts
from workflows.acting import act
from workflows.state import WorkflowState
from workflows.waiting import wait

JITTER = timedelta(seconds=30)
"""Spreads out the safety nets of calls that are due in the same second."""
NET_AT_MOST = timedelta(minutes=5)
"""Longest wait before the rows are read again."""


async def find_somebody(state: WorkflowState) -> bool:
    """Wait for a person to take the call. False if the search fails or the escalation is over.

    For a booked call, this covers the whole wait, including reminders. Nothing happens here at the time of the muster;
    some time later, the rows are read if no signal has come.
    """
    timeout = timedelta(seconds=state.times.offer) + workflow.random().random() * JITTER
    settled_at = None

    def decided() -> bool:
        return state.taken is not None or state.call_events.exhausted or state.over is not None

    def net() -> datetime:
        assert state.call is not None
        return max(state.call.muster_at, settled_at or state.call.muster_at) + timeout

    while not await wait(state, decided, net, "somebody takes the call; else read the rows"):
        await settle(state)
        settled_at = workflow.now()
        timeout = min(timeout * 2, NET_AT_MOST)
    if state.over is not None:
        return False
    if state.taken is not None:
        return True
    async with state.lock:
        its_call = state.call
        link = await act(contracts.nobody_available, state.of_call())
        if its_call is not None:
            state.renew(its_call, link)
    return False


async def settle(state: WorkflowState) -> str:
    """Read the rows and add events that no signal brought; returns the call's state."""
    settled = await act(contracts.settle, state.of_call())
    for event in settled.events:
        state.add_event(event)
    state.over = state.over or settled.outcome
    return settled.call_state
