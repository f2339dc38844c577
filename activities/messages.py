"""The messages in workflow histories: input, updates, signals, activity arguments and activity results.

Each message is a frozen dataclass. Histories live for years, so the only change allowed to a message is to add fields
with defaults. Messages hold ids, never personal data.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Times:
    """The plan's times, in seconds."""

    prepare: int
    offer: int
    slot: int
    wait_for_customer: int
    wrap_up: int
    customer_reminders: tuple[int, ...]
    """Seconds before the call, longest first."""
    agent_reminders: tuple[int, ...]
    ask_after: int
    ask_again_after: int | None
    survey_expires: int


@dataclass(frozen=True)
class LinkOut:
    """A link that was sent to the customer."""

    link_id: int
    nudge_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class CallDue:
    """A call to serve: a booked call, or a call now."""

    call_id: str
    starts_at: datetime | None
    """None for a call now."""
    muster_at: datetime


@dataclass(frozen=True)
class EscalationOpened:
    """The workflow's input."""

    escalation_id: str
    times: Times
    link: LinkOut | None
    """None for a call now."""
    call: CallDue | None
    """Set only for a call now."""
    seq: int = 0
    """If the workflow is rebuilt from the rows, the sequence number of the last event in them."""
    reports_seq: bool = False
    """Whether the workflow writes the last event received into its memo. Only the previous release set it: the history
    itself says what a workflow has received.
    """
    events: tuple[Event, ...] = ()
    """If the workflow is rebuilt, all the events about its calls that its predecessor should have received."""


@dataclass(frozen=True)
class Event:
    """An event committed in PostgreSQL, signalled to the workflow by the relay."""

    seq: int
    kind: str
    at: datetime
    body: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Happened:
    """The signal that carries events, in order."""

    events: tuple[Event, ...]


# Updates: somebody is waiting for the answer.


@dataclass(frozen=True)
class BookSlot:
    link_id: int
    starts_at: datetime


@dataclass(frozen=True)
class MoveBooking:
    starts_at: datetime


@dataclass(frozen=True)
class CancelBooking:
    pass


@dataclass(frozen=True)
class RecordWrapUp:
    call_id: str
    person_id: int
    resolved: str
    cause: str = ""
    product_area: str = ""
    gap: str = ""
    follow_up: str = ""
    note_ref: str = ""
    """Free text stays out of histories: it is stored in the database first, under this reference."""


@dataclass(frozen=True)
class RateCall:
    call_id: str
    score: int
    comment_ref: str = ""


@dataclass(frozen=True)
class Nudge:
    actor: str


@dataclass(frozen=True)
class Withdraw:
    actor: str
    outcome: str = "withdrawn"
    reason_ref: str = ""


@dataclass(frozen=True)
class Booked:
    """The answer to a booking or a move."""

    call: CallDue


# Activity arguments: the escalation, and the time of the decision.


@dataclass(frozen=True)
class At:
    """Arguments for activities that need only an escalation and a time."""

    escalation_id: str
    now: datetime


@dataclass(frozen=True)
class NudgeLink:
    escalation_id: str
    link_id: int
    now: datetime
    key: str = ""


@dataclass(frozen=True)
class OfCall:
    escalation_id: str
    call_id: str
    now: datetime
    step: str = ""
    """Distinguishes repeated messages of the same kind, such as reminders, by start time and lead time."""
    offer: int = 0
    """The number of the accepted offer concerned, or 0 if there is none."""


@dataclass(frozen=True)
class HoldSeat:
    escalation_id: str
    link_id: int
    starts_at: datetime
    now: datetime


@dataclass(frozen=True)
class MoveSeat:
    escalation_id: str
    starts_at: datetime
    now: datetime


@dataclass(frozen=True)
class Ending:
    escalation_id: str
    outcome: str
    actor: str
    now: datetime
    reason_ref: str = ""


@dataclass(frozen=True)
class SaveWrapUp:
    escalation_id: str
    wrap_up: RecordWrapUp
    now: datetime


@dataclass(frozen=True)
class SaveRating:
    escalation_id: str
    rating: RateCall
    now: datetime


@dataclass(frozen=True)
class Missed:
    """Whether the customer really missed the call, and the new link, if one was issued."""

    missed: bool
    link: LinkOut | None = None


@dataclass(frozen=True)
class Settled:
    """A call's state in the database, and all events about it that workflows wait for."""

    call_state: str
    events: tuple[Event, ...] = ()
    outcome: str | None = None
    """How the escalation ended; None if it is still running."""


@dataclass(frozen=True)
class Stands:
    """An escalation's state once its link has expired: booked after all, or ended with this outcome."""

    call: CallDue | None = None
    outcome: str | None = None
