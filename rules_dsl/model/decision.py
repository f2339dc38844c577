"""The rules' decision for one escalation. It is stored with the escalation and never changes.

Times are whole seconds. Ids are those in the directory. Names next to ids are as they were when the decision was made;
they are for display only and never used for lookups.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CallKind(StrEnum):
    CALL = "call"
    """A booking or a call now, whichever the agent and the customer choose."""
    BOOKING_ONLY = "booking_only"
    REFUSED = "refused"
    """``no call, say``: see ``Decision.refusal``."""


@dataclass(frozen=True)
class Target:
    """A team, a title, or titles in a team. Never a person."""

    team: int | None
    titles: tuple[int, ...] = ()
    """People with any of these titles; empty means people with any title."""
    text: str = ""
    """As written: ``team "Support", title "Marine Engineer"``."""


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
    """How many seconds into the search this step is taken; always more than for the step before."""
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
    """The limits on calls per agent."""

    calls_a_day: int | None = None
    """Maximum calls per agent per day, including ``up to … more`` for this escalation."""
    gap: int = 0
    """Minimum time in seconds between two calls taken by the same agent."""
    title_calls_a_day: tuple[tuple[int, int], ...] = ()
    """(title, maximum calls per day for each agent with that title); the stricter of this and ``calls_a_day`` applies.
    """
    shift_percent: int | None = None
    """Maximum percentage of a shift spent on calls."""
    shift_end: int = 0
    """No call begins within this many seconds of the end of a shift."""


@dataclass(frozen=True)
class OpenHours:
    """Opening hours by weekday (0 is Monday), half-open, in their own time zone."""

    name: str
    time_zone: str
    spans: tuple[tuple[int, int, int], ...]
    """(weekday, start minute, end minute); 24:00 is minute 1440."""
    holidays: str | None = None
    """Country code in the ``holidays`` library; that country's holidays count as closed."""
    holiday_subdivision: str | None = None
    """State or province, if its holidays differ."""


@dataclass(frozen=True)
class Booking:
    """The settings for bookable slots."""

    slot: int
    """Duration of a call, in seconds."""
    start_every: int
    """Interval between start times, in seconds of local wall time counted from midnight; ``slot`` by default."""
    notice: int
    """Minimum time in seconds before the first start time; 0 if ``notice_working_days`` is set (those are counted when
    slots are listed).
    """
    horizon: int
    """Maximum number of seconds ahead that a call can be booked; 0 if ``horizon_working_days`` is set."""
    notice_working_days: int = 0
    horizon_working_days: int = 0
    hours: OpenHours | None = None
    a_day_per_agent: int | None = None
    reserve_percent: int = 0
    back_to_back: bool = False


@dataclass(frozen=True)
class CallTimes:
    """The durations of the parts of a call, in seconds."""

    prepare: int
    offer: int
    wait_for_customer: int
    wrap_up: int
    accept_automatically: bool = False


@dataclass(frozen=True)
class Reminders:
    """When reminders are sent, in seconds before a call, longest first."""

    customer: tuple[int, ...] = ()
    agent: tuple[int, ...] = ()


@dataclass(frozen=True)
class FollowUpTerms:
    """Who calls back a customer who gave a low score and wishes it, by when, and who hears if nobody did."""

    within: int = 0
    """Seconds; 0 if ``working_days`` is set."""
    working_days: int = 1
    title: int | None = None
    """None for the title of the team's lead."""
    title_name: str = ""
    alert: StepKind = StepKind.ALERT_LEAD
    """``ALERT_LEAD`` or ``ALERT_DUTY``."""


@dataclass(frozen=True)
class Feedback:
    """When and how often customers get a survey; times in seconds."""

    ask_after: int
    ask_again_after: int | None
    """When the survey is sent again, in seconds after the first one; two days by default, None for never."""
    alert_under: int | None
    """The team lead is alerted about scores below this."""
    every: int = 0
    """Minimum time in seconds between two surveys sent to the same customer; 0 for no limit."""
    follow_up: FollowUpTerms = FollowUpTerms()


@dataclass(frozen=True)
class Links:
    """The lifetimes of links, in seconds."""

    live_expires: int
    """The lifetime of the link to a call now."""
    booking_expires: int
    survey_expires: int


@dataclass(frozen=True)
class Reason:
    """One line of an explanation: a rule, whether it applied, and the line that decided it."""

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
    """The core of a plan: the result of applying rules to facts at a moment."""

    rule: str
    """The rule's name, or ``otherwise``."""
    kind: CallKind
    refusal: str
    """The text of ``no call, say``; otherwise empty."""
    targets: tuple[Target, ...]
    requires: tuple[SkillNeed, ...]
    prefers: tuple[tuple[SkillNeed, ...], ...]
    """One tuple per ``prefer`` line, with its ``or`` alternatives."""
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
    """For each rule above the matching one, its first line that failed; then the lines of the matching rule that held.
    """


@dataclass(frozen=True)
class AgentState:
    """The values of the sort keys for one person at one moment."""

    person: int
    calls_today: int = 0
    load: int = 0
    """Minutes of calls and wrap-up in the last four hours."""
    idle: int = 0
    """Seconds since the last call ended, or since the shift began."""
    last_asked: int = 0
    """Seconds since the person last got a call; for round robin."""
    csat: float = 0.0
    csat_here: float = 0.0
    """Posterior means of the ratings: overall, and in this product area."""
    handled_before: bool = False


@dataclass(frozen=True)
class HardConstraint:
    """Why a person is not in a pool."""

    person: int
    reason: str
    """``not in team "Support"``, ``lacks skill "diesel"``."""


@dataclass(frozen=True)
class Pool:
    """Who may be asked at one point in the search."""

    step: int
    """Number of steps taken; 0 for the plan's first targets."""
    members: tuple[int, ...]
    excluded: tuple[HardConstraint, ...]
    preferred: bool
    """Whether ``prefer`` lines still apply."""
