"""What goes into a workflow's history: the input, the updates, the signals, the activities' arguments.

One message, one frozen dataclass. They live in histories for years: they change only by added fields with
defaults. They hold ids, never personal data.
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
    """Before the call, longest first."""
    agent_reminders: tuple[int, ...]
    ask_after: int
    ask_again_after: int | None
    survey_expires: int


@dataclass(frozen=True)
class LinkOut:
    """A link is with the customer."""

    link_id: int
    nudge_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class CallDue:
    """A call that is to take place: booked, or now."""

    call_id: str
    starts_at: datetime | None
    """None: now."""
    muster_at: datetime


@dataclass(frozen=True)
class EscalationOpened:
    """The workflow's input."""

    escalation_id: str
    times: Times
    link: LinkOut | None
    """None for a call now."""
    call: CallDue | None
    """Set for a call now."""


@dataclass(frozen=True)
class Event:
    """A fact decided and committed in Postgres, told to the workflow by the relay."""

    seq: int
    kind: str
    at: datetime
    body: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Happened:
    events: tuple[Event, ...]


# Updates: a person waits for yes or no.


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
    """Free words stay out of the history: they are left in the database under this reference first."""


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
    """The answer to booking and moving."""

    call: CallDue


# Activities: the escalation, and the moment at which the decision is made.


@dataclass(frozen=True)
class At:
    """One escalation at one moment, for the activities that need nothing more."""

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
    """Tells repeated messages of one kind apart: ``3600`` for the reminder an hour before."""
    offer: int = 0
    """The accepted offer that it is about, where it is about one."""


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
    """Whether the customer really missed the call; then with the fresh link, if there is one."""

    missed: bool
    link: LinkOut | None = None


@dataclass(frozen=True)
class Settled:
    """What the rows say of a call: how it stands, and every event that a workflow waits for."""

    call_state: str
    events: tuple[Event, ...] = ()
    outcome: str | None = None
    """Where the escalation is over: how it ended."""


@dataclass(frozen=True)
class Stands:
    """How an escalation stands once its link has run out: booked after all, or over."""

    call: CallDue | None = None
    outcome: str | None = None
