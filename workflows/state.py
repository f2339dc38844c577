"""All that an escalation's workflow knows, in one place."""

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
    """The state of one escalation. Handlers and stages change it; ``changed`` is what waits look at."""

    escalation_id: str
    times: Times
    link: LinkOut | None
    call: CallDue | None
    over: str | None = None
    """The outcome, once the escalation has ended from outside its stages."""
    events_by_call: dict[str, CallEvents] = field(default_factory=dict)
    """Facts by call, kept also where a call is not known here yet: its booking may still be on its way."""
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
        """What has been heard of the present call."""
        return CallEvents() if self.call is None else self.events_by_call.get(self.call.call_id, CallEvents())

    @property
    def taken(self) -> CallHolder | None:
        """Who has the present call, as far as we were told."""
        return self.call_events.taken

    @property
    def begun(self) -> bool:
        """The call has begun, or is even over."""
        return self.call_events.began or self.call_events.ended_at is not None or self.wrapped_up

    def of_call(self, step: str = "", *, offer: int = 0) -> OfCall:
        """The argument of the activities about the present call."""
        assert self.call is not None
        return OfCall(self.escalation_id, self.call.call_id, workflow.now(), step, offer)

    def take_event(self, event: Event) -> None:
        """Take in a fact. Facts come at least once and in any order."""
        if call_id := event.body.get("call_id"):
            self.events_by_call.setdefault(call_id, CallEvents()).take_in(event)

    def begin_call(self, call: CallDue) -> None:
        """A call has been booked or moved: its reminders anew, as far as their time has not passed."""
        times, self.call, self.reminders = self.times, call, []
        if call.starts_at is not None:
            self.reminders = reminders_of(
                call.starts_at,
                workflow.now(),
                customer=times.customer_reminders,
                agent=[lead for lead in times.agent_reminders if lead < times.prepare],
            )

    def renew(self, link: LinkOut | None) -> None:
        """The call did not come about. With a new link the story starts again; without one it is over."""
        self.link, self.call, self.reminders = link, None, []
        if link is None:
            self.over = Outcome.NOT_SERVED.value


async def until(done: Callable[[], bool], deadline: datetime, summary: str) -> bool:
    """Wait for ``done`` up to the deadline; returns whether it came. A time-out is an outcome here."""
    if done():
        return True
    left = deadline - workflow.now()
    if left <= timedelta(0):
        return False
    try:
        await workflow.wait_condition(done, timeout=left, timeout_summary=summary)
    except TimeoutError:
        return False
    return True
