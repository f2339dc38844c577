"""The complete state of an escalation's workflow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from temporalio import workflow

from activities.messages import CallDue, EscalationOpened, Event, LinkOut, OfCall, Times
from domain.escalation import Outcome
from domain.waiting import Reminder, reminders_of
from workflows.call_events import CallEvents, CallHolder


@dataclass
class WorkflowState:
    """The state of one escalation. Handlers and stages change it, and the stages' waits check it."""

    escalation_id: str
    times: Times
    link: LinkOut | None
    call: CallDue | None
    over: str | None = None
    """The outcome, once the escalation is over without a call that took place."""
    events_by_call: dict[str, CallEvents] = field(default_factory=dict)
    """Events by call id. Kept for unknown calls too, as the answer to their booking may arrive later."""
    wrapped_up: bool = False
    rated: bool = False
    reminders: list[Reminder] = field(default_factory=list)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @staticmethod
    def of(opened: EscalationOpened) -> WorkflowState:
        state = WorkflowState(opened.escalation_id, opened.times, opened.link, None)
        if opened.call is not None:
            state.begin_call(opened.call)
        return state

    @property
    def call_events(self) -> CallEvents:
        """The events received for the current call."""
        return CallEvents() if self.call is None else self.events_by_call.get(self.call.call_id, CallEvents())

    @property
    def taken(self) -> CallHolder | None:
        """Who has the current call, according to the events received."""
        return self.call_events.taken

    @property
    def begun(self) -> bool:
        """Whether the call has begun, or has even ended."""
        return self.call_events.began or self.call_events.ended_at is not None or self.wrapped_up

    def of_call(self, step: str = "", *, offer: int = 0) -> OfCall:
        """The argument for activities about the current call."""
        assert self.call is not None
        return OfCall(self.escalation_id, self.call.call_id, workflow.now(), step, offer)

    def add_event(self, event: Event) -> None:
        """Add a received event. Events arrive at least once and in any order."""
        if call_id := event.body.get("call_id"):
            self.events_by_call.setdefault(call_id, CallEvents()).add(event)

    def begin_call(self, call: CallDue) -> None:
        """Set the booked or moved call, with those of its reminders that aren't past."""
        times, self.call, self.reminders = self.times, call, []
        if call.starts_at is not None:
            self.reminders = reminders_of(
                call.starts_at,
                workflow.now(),
                customer=times.customer_reminders,
                agent=[lead for lead in times.agent_reminders if lead < times.prepare],
            )

    def renew(self, link: LinkOut | None) -> None:
        """Drop a call that didn't take place. The new link starts the next attempt; without one, it is over."""
        self.link, self.call, self.reminders = link, None, []
        if link is None:
            self.over = Outcome.NOT_SERVED.value


async def until(done: Callable[[], bool], deadline: datetime, summary: str) -> bool:
    """Wait for ``done`` until the deadline; returns whether it happened. ``summary`` is shown in Temporal's UI."""
    if done():
        return True
    remaining = deadline - workflow.now()
    if remaining <= timedelta(0):
        return False
    try:
        await workflow.wait_condition(done, timeout=remaining, timeout_summary=summary)
    except TimeoutError:
        return False
    return True
