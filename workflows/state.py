"""The complete state of an escalation's workflow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from temporalio import workflow

from activities.messages import CallDue, EscalationOpened, Event, LinkOut, OfCall, Times
from domain.escalation import Kind, Outcome
from domain.waiting import Reminder, reminders_of
from workflows import booking
from workflows.call_events import CallEvents, CallHolder


@dataclass
class WorkflowState:
    """The state of one escalation. Handlers and stages change it; stages wait for changes in it."""

    escalation_id: str
    times: Times
    link: LinkOut | None
    call: CallDue | None
    over: str | None = None
    """The outcome, once the escalation has ended without a call having taken place."""
    events_by_call: dict[str, CallEvents] = field(default_factory=dict)
    """Events by call id. Kept for unknown calls too, as the answer to their booking may arrive later."""
    past_calls: set[str] = field(default_factory=set)
    """Ids of calls that didn't take place: a repeated event must not begin them again."""
    seq: int = 0
    """The sequence number, in the timeline, of the last event received."""
    reports_seq: bool = False
    booked_seq: int = 0
    """The sequence number of the last booking or move received."""
    rated: bool = False
    reminders: list[Reminder] = field(default_factory=list)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @staticmethod
    def of(opened: EscalationOpened) -> WorkflowState:
        state = WorkflowState(opened.escalation_id, opened.times, opened.link, None)
        state.seq = state.booked_seq = opened.seq
        state.reports_seq = opened.reports_seq
        if opened.call is not None:
            state.begin_call(opened.call)
        for event in opened.events:
            state.add_event(event)
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
        """Whether the call has begun, or has already ended."""
        return self.call_events.began or self.call_events.ended_at is not None or self.wrapped_up

    @property
    def wrapped_up(self) -> bool:
        """Whether the current call has been wrapped up."""
        return self.call_events.wrapped_up

    def of_call(self, step: str = "", *, offer: int = 0) -> OfCall:
        """The argument for activities about the current call."""
        assert self.call is not None
        return OfCall(self.escalation_id, self.call.call_id, workflow.now(), step, offer)

    def add_event(self, event: Event) -> None:
        """Add a received event. Events arrive at least once and in any order."""
        self.seq = max(self.seq, event.seq)
        match event.kind:
            case Kind.BOOKED | Kind.MOVED:
                self._add_booking(event)
            case Kind.CANCELLED:
                self.over = Outcome.CANCELLED.value
            case Kind.WITHDRAWN:
                self.over = event.body["outcome"]
            case Kind.RATED:
                self.rated = True
            case _ if call_id := event.body.get("call_id"):
                self.events_of(call_id).add(event)

    def events_of(self, call_id: str) -> CallEvents:
        """The events of one call, created if there are none yet."""
        return self.events_by_call.setdefault(call_id, CallEvents())

    def _add_booking(self, event: Event) -> None:
        call = booking.call_due(event, self.times)
        if event.seq <= self.booked_seq or call.call_id in self.past_calls:
            return
        self.booked_seq = event.seq
        if self.call != call:
            self.begin_call(call)

    def begin_call(self, call: CallDue) -> None:
        """Set the booked or moved call, with those of its reminders that are still to come."""
        times, self.call, self.reminders = self.times, call, []
        if call.starts_at is not None:
            self.reminders = reminders_of(
                call.starts_at,
                workflow.now(),
                customer=times.customer_reminders,
                agent=[lead for lead in times.agent_reminders if lead < times.prepare],
            )

    def renew(self, call: CallDue, link: LinkOut | None) -> None:
        """Drop a call that didn't take place.

        The new link starts the next attempt; without one, the escalation is over. The customer may have booked with the
        new link before this workflow learns of it; if so, that call stays.
        """
        self.link = link
        self.past_calls.add(call.call_id)
        if self.call is not None and self.call.call_id == call.call_id:
            self.call, self.reminders = None, []
        if link is None and self.over is None:
            self.over = Outcome.NOT_SERVED.value


async def until(done: Callable[[], bool], deadline: datetime, summary: str) -> bool:
    """Wait for ``done`` until the deadline; returns whether it became true. ``summary`` is shown in Temporal's UI."""
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
