"""Waiting for a call while sending reminders, with one timer at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from activities import contracts
from workflows.acting import act
from workflows.state import WorkflowState, until


async def wait(state: WorkflowState, done: Callable[[], bool], deadline: Callable[[], datetime], summary: str) -> bool:
    """Wait for ``done`` until the deadline, sending reminders when they are due; returns whether it became true.

    If the call is moved meanwhile, the wait continues with its new deadline and reminders.
    """
    while True:
        call, due = state.call, state.reminders[0] if state.reminders else None
        last = due is None or due.at >= deadline()
        moment = deadline() if due is None or last else due.at
        what = summary if due is None or last else f"{summary}; until then, remind the {due.side}"

        def interrupted(call: object = call) -> bool:
            return done() or state.call != call

        if await until(interrupted, moment, what):
            if done():
                return True
        elif last:
            return False
        elif due is not None and state.reminders[:1] == [due]:
            state.reminders.pop(0)
            remind = contracts.remind_customer if due.side == "customer" else contracts.remind_agent
            await act(remind, state.of_call(due.step))
