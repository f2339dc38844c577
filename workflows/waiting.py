"""Waiting for the call: reminders come due on the way, and a moved call starts the wait anew."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from activities import contracts
from workflows.acting import act
from workflows.story import Story, until


async def wait(story: Story, done: Callable[[], bool], deadline: datetime, summary: str) -> bool:
    """``until``, sending the reminders whose time comes on the way. One timer at a time."""
    while True:
        due = story.reminders[0] if story.reminders else None
        if due is None or due.at >= deadline:
            return await until(done, deadline, summary)
        if await until(done, due.at, f"{summary}; reminder of the {due.side}"):
            return True
        if story.reminders and story.reminders[0] == due:
            story.reminders.pop(0)
            remind = contracts.remind_customer if due.side == "customer" else contracts.remind_agent
            await act(remind, story.of_call(due.step))


async def wait_for_muster(story: Story) -> None:
    """Returns when the search for a person begins, or the story is over."""
    while story.call is not None and story.over is None:
        call = story.call

        def changed(call: object = call) -> bool:
            return story.over is not None or story.call != call or story.accepted_at is not None

        if not await wait(story, changed, call.muster_at, "the call is moved or cancelled, or the muster begins"):
            return
        if story.call == call:
            return
