"""What the rules decide for one escalation. Frozen facts: they are stored with the escalation and kept.

Times are whole seconds. Ids are those of the directory. The names beside ids are for reading aloud:
they say what was meant when the decision was made, and nothing looks anything up by them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CallKind(StrEnum):
    CALL = "call"
    """A booking or a call now, as the agent and the customer like."""
    BOOKING_ONLY = "booking_only"
    REFUSED = "refused"
    """``no call, say``: see ``Decision.refusal``."""


@dataclass(frozen=True)
class Target:
    """A team, a title, or titles in a team. Never a person."""

    team: int | None
    titles: tuple[int, ...] = ()
    """Any of these; empty means every title."""
    text: str = ""
    """As it was written: ``team "Support", title "Marine Engineer"``."""


@dataclass(frozen=True)
class SkillNeed:
    """A required or preferred skill. Exactly one of ``skill`` and ``language`` is set."""

    skill: int | None = None
    level: int = 1
    language: str | None = None
    text: str = ""


class StepKind(StrEnum):
    WIDEN = "widen"
    DROP_SKILL = "drop_skill"
    DROP_PREFERRED = "drop_preferred"
    ALERT_LEAD = "alert_lead"
    ALERT_DUTY = "alert_duty"
    OFFER_BOOKING = "offer_booking"


@dataclass(frozen=True)
class Step:
    """One ``if nobody in`` line."""

    after: int
    """Seconds since the search began; strictly increasing along a decision's steps."""
    kind: StepKind
    targets: tuple[Target, ...] = ()
    skill: int | None = None
    text: str = ""


class OrderKey(StrEnum):
    LEAST_BUSY = "least busy"
    LONGEST_IDLE = "longest idle"
    FEWEST_CALLS_TODAY = "fewest calls today"
    ROUND_ROBIN = "round robin"
    BEST_CSAT_HERE = "best CSAT on this product area"
    BEST_CSAT = "best CSAT"
    HANDLED_BEFORE = "handled this customer before"
    MOST_EXPERIENCED = "most experienced"


@dataclass(frozen=True)
class Limits:
    """How much one agent may be asked for, at one moment."""

    calls_a_day: int | None = None
    """Calls a day of one agent, with what ``up to … more`` adds for this escalation."""
    gap: int = 0
    """Seconds between two calls of one agent."""
    title_calls_a_day: tuple[tuple[int, int], ...] = ()
    """(title, calls a day of one agent of that title); the stricter of this and ``calls_a_day`` counts."""
    shift_percent: int | None = None
    """At most this much of a shift in calls."""
    shift_end: int = 0
    """No call begins in the last so many seconds of a shift."""


@dataclass(frozen=True)
class OpenHours:
    """Opening hours, half-open, in their own zone, by weekday (0 is Monday)."""

    name: str
    time_zone: str
    spans: tuple[tuple[int, int, int], ...]
    """(weekday, start minute, end minute); 24:00 is minute 1440."""
    holidays: str | None = None
    """Country of the ``holidays`` library whose days are closed."""
    holiday_subdivision: str | None = None
    """State or province of that country, where its days differ."""


@dataclass(frozen=True)
class Booking:
    """Which slots are offered."""

    slot: int
    """Seconds of talk."""
    start_every: int
    """Grid of starts in seconds of local wall time, from midnight; equals ``slot`` unless written."""
    notice: int
    """Seconds between now and the first start. ``1 working day`` is counted when slots are listed:
    then ``notice_working_days`` is set and this is 0."""
    horizon: int
    """Seconds ahead, or 0 where ``horizon_working_days`` counts."""
    notice_working_days: int = 0
    horizon_working_days: int = 0
    hours: OpenHours | None = None
    a_day_per_agent: int | None = None
    reserve_percent: int = 0
    back_to_back: bool = False


@dataclass(frozen=True)
class CallTimes:
    """How long each part of a call takes, in seconds."""

    prepare: int
    offer: int
    wait_for_customer: int
    wrap_up: int
    accept_automatically: bool = False


@dataclass(frozen=True)
class Reminders:
    """Seconds before a call."""

    customer: tuple[int, ...] = ()
    """Seconds before the call, longest first."""
    agent: tuple[int, ...] = ()


@dataclass(frozen=True)
class Feedback:
    """When and how often a customer is asked; in seconds."""

    ask_after: int
    ask_again_after: int | None
    """Seconds after the first survey; None: never. Without a line in the rules: two days."""
    alert_under: int | None
    """A score under this one is told to the team lead."""
    every: int = 0
    """At most one survey a customer in this many seconds; 0: no limit."""


@dataclass(frozen=True)
class Links:
    """How long each link lives, in seconds."""

    live_expires: int
    """Seconds that the link of a call now lives."""
    booking_expires: int
    survey_expires: int


@dataclass(frozen=True)
class Reason:
    """One line of an explanation: a rule, whether it held, and the line that says why."""

    rule: str
    held: bool
    line: int
    """1-based line of the rules file."""
    text: str
    """``priority is urgent``, as written."""
    because: str
    """``priority is normal``, ``product area is unknown``."""


@dataclass(frozen=True)
class Decision:
    """The plan's core: what these rules say about these facts at that moment."""

    rule: str
    """The rule's name, or ``otherwise``."""
    kind: CallKind
    refusal: str
    """What ``no call, say`` says; else empty."""
    targets: tuple[Target, ...]
    requires: tuple[SkillNeed, ...]
    prefers: tuple[tuple[SkillNeed, ...], ...]
    """One tuple a ``prefer`` line, its ``or`` alternatives inside."""
    order: tuple[OrderKey, ...]
    steps: tuple[Step, ...]
    limits: Limits
    booking: Booking
    calls: CallTimes
    reminders: Reminders
    feedback: Feedback
    links: Links
    note: str
    why: tuple[Reason, ...]
    """For each rule above the matched one its first line that failed; then the lines that held."""


@dataclass(frozen=True)
class AgentState:
    """What the ordering keys ask of one person at one moment."""

    person: int
    calls_today: int = 0
    load: int = 0
    """Minutes of calls and wrap-up in the last four hours."""
    idle: int = 0
    """Seconds since the last call ended, or since coming on."""
    last_asked: int = 0
    """Seconds since the person was last given a call; for round robin."""
    csat: float = 0.0
    csat_here: float = 0.0
    """Posterior means with a prior, overall and on this product area."""
    handled_before: bool = False


@dataclass(frozen=True)
class HardConstraint:
    """Why a person is not in a pool."""

    person: int
    clause: str
    """``not in team "Support"``, ``lacks skill "diesel"``."""


@dataclass(frozen=True)
class Pool:
    """Who may be asked after so many seconds of search."""

    step: int
    """How many steps have been taken; 0 is the plan's first targets."""
    members: tuple[int, ...]
    excluded: tuple[HardConstraint, ...]
    preferred: bool
    """Whether ``prefer`` lines still count."""
