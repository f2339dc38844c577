"""All that an escalation's workflow knows, in one place, and the events that change it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from temporalio import workflow

from activities.messages import CallDue, EscalationOpened, Event, LinkOut, OfCall, Times
from domain.escalation import Kind, Outcome
from domain.waiting import Reminder, reminders_of


@dataclass
class Story:
    """The state of one escalation. Handlers and stages change it; ``changed`` is what waits look at."""

    escalation_id: str
    times: Times
    link: LinkOut | None
    call: CallDue | None
    over: str | None = None
    """The outcome, once the escalation has ended from outside its stages."""
    seen: set[int] = field(default_factory=set)
    accepted_at: datetime | None = None
    exhausted: bool = False
    began: bool = False
    """Both sides are there."""
    ended_at: datetime | None = None
    wrapped_up: bool = False
    rated: bool = False
    reminders: list[Reminder] = field(default_factory=list)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @staticmethod
    def of(opened: EscalationOpened) -> Story:
        return Story(opened.escalation_id, opened.times, opened.link, opened.call)

    @property
    def begun(self) -> bool:
        """The call has begun, or is even over."""
        return self.began or self.ended_at is not None or self.wrapped_up

    def of_call(self, step: str = "") -> OfCall:
        """The argument of the activities about the present call."""
        assert self.call is not None
        return OfCall(self.escalation_id, self.call.call_id, workflow.now(), step)

    def apply(self, event: Event) -> None:
        """Take in a fact. Facts come at least once and in any order; each counts once, none is refused."""
        if event.seq in self.seen:
            return
        self.seen.add(event.seq)
        if self.call is None or event.body.get("call_id") != self.call.call_id:
            return
        match event.kind:
            case Kind.ACCEPTED:
                self.accepted_at = event.at
            case Kind.AGENT_VANISHED:
                self.accepted_at = None
            case Kind.EXHAUSTED:
                self.exhausted = True
            case Kind.CALL_BEGAN:
                self.began = True
            case Kind.CALL_ENDED:
                self.ended_at = event.at

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
        self.accepted_at, self.exhausted, self.ended_at = None, False, None
        self.began = False
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
