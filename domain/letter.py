"""Letters: the kinds of messages sent to people, and the context from which each message is rendered."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class LetterKind(StrEnum):
    # To the customer.
    INVITATION = "invitation"
    INVITATION_AGAIN = "invitation_again"
    SLOT_HELD = "slot_held"
    """The team holds a slot for a customer who asked for other times."""
    CONFIRMATION = "confirmation"
    MOVED = "moved"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"
    """We have cancelled a booked call."""
    REMINDER = "reminder"
    CALL_NOW = "call_now"
    RUNNING_LATE = "running_late"
    """Earlier calls are running over, so nobody will be free at this call's start time."""
    CUSTOMER_CALLED_FOR = "customer_called_for"
    CUSTOMER_MISSED = "customer_missed"
    NOBODY_AVAILABLE = "nobody_available"
    SURVEY = "survey"
    SURVEY_AGAIN = "survey_again"
    # To staff.
    AGENT_REMINDER = "agent_reminder"
    LEAD_ALERT = "lead_alert"
    MANAGER_NOBODY = "manager_nobody"
    MANAGER_SEAT_LOST = "manager_seat_lost"
    """The last person who could serve a booked call no longer can, because of a calendar entry or time off."""
    RATING_ALERT = "rating_alert"
    FOLLOW_UP_OVERDUE = "follow_up_overdue"
    """Nobody has called a customer back in time who gave a low score and asked for it."""
    MANAGER_CALENDAR = "manager_calendar"
    """A calendar that somebody has connected was never read."""
    RULES_CHANGED = "rules_changed"
    """New rules change something for an agent."""


STAFF_LETTERS = frozenset(
    {
        LetterKind.AGENT_REMINDER,
        LetterKind.LEAD_ALERT,
        LetterKind.MANAGER_NOBODY,
        LetterKind.MANAGER_SEAT_LOST,
        LetterKind.RATING_ALERT,
        LetterKind.FOLLOW_UP_OVERDUE,
        LetterKind.MANAGER_CALENDAR,
        LetterKind.RULES_CHANGED,
    }
)
"""Letters to staff. All others go to the customer."""


GROUPED_LETTERS = frozenset({LetterKind.LEAD_ALERT, LetterKind.MANAGER_NOBODY, LetterKind.MANAGER_SEAT_LOST})
"""Alerts that one outage or one change of shifts can cause by the dozen. Those to the same person that are waiting
together are sent as one letter."""
GATHERED_FOR = timedelta(seconds=5)
"""How long such an alert waits for others of its kind."""


class Channel(StrEnum):
    MAIL = "mail"
    WEBHOOK = "webhook"


@dataclass(frozen=True)
class LinkContext:
    nth: int
    expires_at: datetime
    open: bool
    """The link hasn't been used or replaced, and hasn't expired."""


@dataclass(frozen=True)
class BookingContext:
    id: int
    starts_at: datetime
    seconds: int
    sequence: int
    """How many times the booking has been changed; calendars keep the entry with the highest number."""
    holds: bool = True
    """It is still to take place, and hasn't been changed since."""


@dataclass(frozen=True)
class AgentContext:
    """The agent who has the call; never shown to a customer."""

    name: str
    offer: int | None
    """The number of the accepted offer, from which the agent's join link is derived."""


@dataclass(frozen=True)
class RatingContext:
    score: int
    comment: str


@dataclass(frozen=True)
class UnreadCalendar:
    """A connected calendar that was never read."""

    person_id: int
    person: str
    name: str
    error: str


@dataclass(frozen=True)
class RulesNews:
    """A version of the rules, and what it changes for the letter's recipient."""

    number: int
    author: str
    reason: str
    share: str
    """For whom it applies: ``everybody``, ``30 % of the customers``."""
    lines: tuple[str, ...]


@dataclass(frozen=True)
class OtherEscalation:
    """Another escalation that a grouped letter is about."""

    escalation_id: str
    subject: str


@dataclass(frozen=True)
class LetterContext:
    """Everything that a letter may contain. All strings are plain text; see ``one_line``."""

    message_id: str
    escalation_id: str
    """Empty if the letter isn't about one."""
    kind: LetterKind
    recipient: str
    written_at: datetime
    """The time of the event that the letter is about."""
    sent_at: datetime
    """The current time."""
    subject: str
    """The ticket's subject."""
    customer_name: str
    customer_email: str
    time_zone: str
    """The reader's time zone, as an IANA name."""
    desk_name: str
    team_name: str
    team_address: str
    """Empty if there is no team."""
    outcome: str = ""
    link: LinkContext | None = None
    booking: BookingContext | None = None
    call_id: str = ""
    starts_at: datetime | None = None
    """None for a call now."""
    call_state: str = ""
    """Empty if there is no call."""
    may_move: bool = True
    """The search for a person has not begun, so the customer can still move the call."""
    survey_until: datetime | None = None
    agent: AgentContext | None = None
    rating: RatingContext | None = None
    held: datetime | None = None
    """The start time that is held for the customer."""
    held_until: datetime | None = None
    call_back_until: datetime | None = None
    """By when the customer was to be called back; None if it was done in the meantime."""
    calendar: UnreadCalendar | None = None
    """None if it was read or removed in the meantime."""
    rules: RulesNews | None = None
    also: tuple[OtherEscalation, ...] = ()
    """The other escalations of a grouped letter."""

    @property
    def moment(self) -> datetime:
        """The earliest moment at which the letter can be read."""
        return max(self.written_at, self.sent_at)


@dataclass
class Incomplete(Exception):
    """A letter's context lacks something it needs; retrying would not help."""

    lacks: str

    def __str__(self) -> str:
        return f"no {self.lacks} in the letter's context"


_LATE_REMINDER = timedelta(minutes=5)
_INVITATIONS = (LetterKind.INVITATION, LetterKind.INVITATION_AGAIN)
_BOOKINGS = (LetterKind.CONFIRMATION, LetterKind.MOVED)
_SEARCHED = ("taken", "on_call", "wrapping_up", "done", "unserved", "missed", "cancelled")
"""States of a call whose search for a person is over."""
_NOT_WAITED_FOR = ("waiting", "offered", "on_call", "wrapping_up", "done", "unserved", "missed", "cancelled")
"""States of a call in which no agent waits for the customer."""


def reason_obsolete(context: LetterContext) -> str:
    """Why a delayed email is no longer true and should not be sent; empty if it should be sent."""
    if context.kind in (LetterKind.REMINDER, LetterKind.AGENT_REMINDER, LetterKind.RUNNING_LATE):
        late = context.starts_at is not None and context.sent_at > context.starts_at + _LATE_REMINDER
        return "the call has begun" if late else ""
    if context.kind in _INVITATIONS and context.link is not None and not context.link.open:
        return "the link is no longer open"
    if context.kind is LetterKind.SLOT_HELD and (context.held_until is None or context.sent_at >= context.held_until):
        return "the slot is no longer held"
    if context.kind is LetterKind.SLOT_HELD and context.link is not None and not context.link.open:
        return "the link is no longer open"
    if context.kind in _BOOKINGS and context.booking is not None and not context.booking.holds:
        return "the call was moved, cancelled or over by then"
    if context.kind is LetterKind.LEAD_ALERT and not context.also and context.call_state in _SEARCHED:
        return "the search is over"
    if context.kind is LetterKind.CUSTOMER_CALLED_FOR and context.call_state in _NOT_WAITED_FOR:
        return "nobody waits for the customer any more"
    if context.kind is LetterKind.CALL_NOW and context.call_state in ("unserved", "missed", "cancelled", "done"):
        return "the call is over"
    if context.kind in (LetterKind.SURVEY, LetterKind.SURVEY_AGAIN) and context.rating is not None:
        return "the call has been rated"
    if context.kind is LetterKind.FOLLOW_UP_OVERDUE and context.call_back_until is None:
        return "the customer has been called back"
    if context.kind is LetterKind.MANAGER_CALENDAR and context.calendar is None:
        return "the calendar was read or removed in the meantime"
    return ""


_DIRECTION = dict.fromkeys([0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
"""Characters that change the direction of text, and can thus make one text look like another."""


def plain_text(text: str) -> str:
    """Untrusted text without its control characters, direction characters and lone surrogates; line breaks are kept."""
    clean = text.translate(_DIRECTION)
    return "".join(char for char in clean if char in "\n\t" or unicodedata.category(char) not in _INVISIBLE).strip()


def one_line(text: str, longest: int = 150) -> str:
    """The same, but on one line of at most ``longest`` characters, for headers, headings and calendars."""
    line = re.sub(r"\s+", " ", plain_text(re.sub(r"[\r\n\x0b\x0c\x85\u2028\u2029]", " ", text)))
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def subject_line(text: str) -> str:
    """A ticket's subject on one line, or "your ticket" if it is empty."""
    return one_line(text) or "your ticket"


def name_line(text: str) -> str:
    """The name of a person, team or organisation on one line of at most 80 characters."""
    return one_line(text, 80)


_INVISIBLE = frozenset({"Cc", "Cs", "Co", "Cn"})
