"""An escalation: one ticket for which a call was requested, with its states, outcomes and events."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from domain.failure import Failure
from domain.tickets.reference import NO_NEWS, TicketNews


class Mode(StrEnum):
    BOOKING = "booking"
    NOW = "now"
    """No booking: the muster begins immediately."""


class State(StrEnum):
    """The states of an escalation, in the order in which it passes through them."""

    INVITED = "invited"
    """The customer has a link and hasn't booked."""
    BOOKED = "booked"
    MUSTERING = "mustering"
    """The call is being offered to people."""
    ACCEPTED = "accepted"
    """A person has accepted the call, which hasn't begun yet."""
    ON_CALL = "on_call"
    WRAPPING_UP = "wrapping_up"
    RATING = "rating"
    """Wrapped up; the customer has been or will be asked for a rating."""
    CLOSED = "closed"
    REFUSED = "refused"
    """The rules did not allow a call."""


OPEN_STATES = (
    State.INVITED,
    State.BOOKED,
    State.MUSTERING,
    State.ACCEPTED,
    State.ON_CALL,
    State.WRAPPING_UP,
)
"""States in which raising the same ticket again returns the same escalation."""


class Outcome(StrEnum):
    """How an escalation ended."""

    RESOLVED = "resolved"
    UNRESOLVED = "unresolved"
    NOT_RECORDED = "not_recorded"
    """The call took place, but nobody recorded a wrap-up."""
    LINK_EXPIRED = "link_expired"
    CANCELLED = "cancelled"
    """By the customer."""
    WITHDRAWN = "withdrawn"
    """By support ops or the agent."""
    TICKET_SOLVED = "ticket_solved"
    NOT_SERVED = "not_served"
    """Nobody took the call or the customer didn't join it, and no further link may be issued."""
    REFUSED = "refused"


class Kind(StrEnum):
    """The kind of an event on the timeline."""

    OPENED = "opened"
    REFUSED = "refused"
    LINK_ISSUED = "link_issued"
    LINK_NUDGED = "link_nudged"
    NUDGED = "nudged"
    """Support ops asked for a reminder, or for the search and the workflow to be started again."""
    LINK_EXPIRED = "link_expired"
    TIMES_ASKED_FOR = "times_asked_for"
    """None of the offered times suits the customer, who says which would."""
    SLOT_HELD = "slot_held"
    """Somebody holds a slot for a customer who found no time that suits."""
    HOLD_ENDED = "hold_ended"
    """The customer did not want the held slot, or did not take it in time."""
    LINK_ASKED_FOR = "link_asked_for"
    """After the end, the customer asks the team for a new link."""
    REQUEST_CLOSED = "request_closed"
    """Somebody closed a customer's request without giving what it asked for."""
    OPENED_AGAIN = "opened_again"
    """After the end, the same ticket was opened again as another escalation, to which the old pages lead."""
    BOOKED = "booked"
    MOVED = "moved"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"
    CUSTOMER_REMINDED = "customer_reminded"
    AGENT_REMINDED = "agent_reminded"
    MUSTER_BEGAN = "muster_began"
    OFFERED = "offered"
    DECLINED = "declined"
    OFFER_EXPIRED = "offer_expired"
    AGENT_VANISHED = "agent_vanished"
    STEP_TAKEN = "step_taken"
    ALERTED = "alerted"
    ACCEPTED = "accepted"
    SEARCH_INTERRUPTED = "search_interrupted"
    """Because of an outage on our side, the search ends later by ``extended_by`` seconds, or began late."""
    EXHAUSTED = "exhausted"
    """The last step found nobody."""
    NOBODY_AVAILABLE = "nobody_available"
    """The customer was told that nobody is available, and got a priority link."""
    CUSTOMER_JOINED = "customer_joined"
    AGENT_JOINED = "agent_joined"
    AGENT_MISSED = "agent_missed"
    CUSTOMER_CALLED_FOR = "customer_called_for"
    CUSTOMER_MISSED = "customer_missed"
    CALL_BEGAN = "call_began"
    """Both sides have joined."""
    CUSTOMER_ALONE = "customer_alone"
    """The customer says that nobody is in the room with them."""
    CUSTOMER_LEFT = "customer_left"
    """The customer closed their page or left the call, and may come back."""
    CUSTOMER_LOST = "customer_lost"
    """The customer's page has fallen silent."""
    CUSTOMER_RETURNED = "customer_returned"
    AGENT_LEFT = "agent_left"
    """The agent's page was closed while the customer was in the call: they are called back or replaced."""
    AGENT_LOST = "agent_lost"
    """The agent's page has fallen silent while the customer was in the call: they are called back or replaced."""
    AGENT_RETURNED = "agent_returned"
    MUSTER_EARLY = "muster_early"
    """The search began early, because earlier calls were running over."""
    TOLD_LATE = "told_late"
    """The customer was told that the call may begin late."""
    CALL_ENDED = "call_ended"
    WRAPPED_UP = "wrapped_up"
    WRAP_UP_MISSED = "wrap_up_missed"
    SURVEY_SENT = "survey_sent"
    SURVEY_REMINDED = "survey_reminded"
    SURVEY_ENDED = "survey_ended"
    RATED = "rated"
    RATING_CHANGED = "rating_changed"
    """The customer gave another rating, which counts from now on."""
    RATING_ALERTED = "rating_alerted"
    FOLLOW_UP_ASKED = "follow_up_asked"
    """The customer gave a low score and wishes to be called back."""
    FOLLOW_UP_DONE = "follow_up_done"
    FOLLOW_UP_OVERDUE = "follow_up_overdue"
    """Nobody has called the customer back in time."""
    SEAT_LOST = "seat_lost"
    """Nobody on shift is free for a booked call any more. The call stays booked, and its round looks for somebody."""
    SEAT_FOUND = "seat_found"
    """A call that had lost its seat has one again."""
    MESSAGE_FAILED = "message_failed"
    REPAIRED = "repaired"
    CLOSED = "closed"


RELAYED_AT_ONCE = frozenset(
    {
        Kind.OPENED,
        Kind.BOOKED,
        Kind.MOVED,
        Kind.CANCELLED,
        Kind.WITHDRAWN,
        Kind.ACCEPTED,
        Kind.EXHAUSTED,
        Kind.CALL_BEGAN,
        Kind.CALL_ENDED,
        Kind.AGENT_VANISHED,
        Kind.WRAPPED_UP,
        Kind.RATED,
    }
)
"""Events that a workflow waits for. Other events decided in PostgreSQL are relayed together with the next one listed
here, so that an ordinary call needs few signals.
"""


REPORTED = (Kind.NOBODY_AVAILABLE, Kind.CUSTOMER_MISSED, Kind.AGENT_MISSED)
"""Events that reports count. They stay when an escalation is archived."""


@dataclass(frozen=True)
class Ticket:
    """A reference to a case in a help desk, with the facts sent along."""

    system: str
    id: str
    url: str
    subject: str
    facts: dict[str, Any] = field(default_factory=dict)
    account: str = ""
    """The help desk account, such as ``harbor.zendesk.com``; if empty, the one in the ticket's address."""
    news: TicketNews = NO_NEWS


@dataclass(frozen=True)
class Customer:
    name: str
    email: str
    time_zone: str = ""
    """An IANA name; empty if unknown."""
    language: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    phone: str = ""
    """In E.164; empty if unknown."""


@dataclass(frozen=True)
class Opening:
    """A request for a call about a ticket."""

    ticket: Ticket
    customer: Customer
    mode: Mode
    opened_by: str
    """``person:7``, ``api:zendesk``, ``webhook:zendesk``."""
    idempotency_key: str | None = None
    conversation: tuple[dict[str, Any], ...] = ()
    """The ticket's latest messages, oldest first: ``author``, ``at``, ``text``."""
    again_of: str = ""
    """The ended escalation of this ticket whose page asked for another call; empty for a first one."""


@dataclass(frozen=True)
class OpeningResult:
    """The result of an opening."""

    escalation_id: str
    created: bool
    """False if the ticket already had an open escalation, or if the same request had been sent before."""
    repeated: bool = False
    """Whether the same request, sent before or at the same time, opened it."""


@dataclass
class CallRefused(Failure):
    """The rules don't allow a call for this ticket."""

    rule: str
    reason: str
    escalation_id: str = ""

    title = "The rules don't allow a call for this ticket"

    @property
    def detail(self) -> str:
        return f'Rule "{self.rule}": {self.reason}'


@dataclass
class BookingOnly(Failure):
    """The rules allow a booked call, but not a call now."""

    rule: str

    title = "The rules allow a booked call only"

    @property
    def detail(self) -> str:
        return f'Rule "{self.rule}" offers a booking only. Escalate with a booking link instead.'


@dataclass
class NoRules(Failure):
    """No rules have been published."""

    title = "No rules have been published yet"


@dataclass
class KeyReused(Failure):
    """The same Idempotency-Key was already sent with a different request."""

    key: str

    title = "This Idempotency-Key was used for another request"


@dataclass
class TicketUnknown(Failure):
    """No escalation is stored for this ticket."""

    number: str

    title = "No escalation is for this ticket"


@dataclass
class EscalationUnknown(Failure):
    escalation_id: str

    title = "There is no such escalation"


@dataclass
class NotNow(Failure):
    """The escalation isn't in a state that allows this."""

    state: str
    wanted: str = ""

    title = "That is no longer possible"

    @property
    def detail(self) -> str:
        return f"This escalation is {self.state.replace('_', ' ')}{self.wanted and '; ' + self.wanted}."
