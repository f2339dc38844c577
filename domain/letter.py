"""What can be written to people, and what must be known to write it."""

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
    CONFIRMATION = "confirmation"
    MOVED = "moved"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"
    """A booked call is called off by the desk."""
    REMINDER = "reminder"
    CALL_NOW = "call_now"
    RUNNING_LATE = "running_late"
    """Calls before it run over; nobody will be free for this one when it should begin."""
    CUSTOMER_CALLED_FOR = "customer_called_for"
    CUSTOMER_MISSED = "customer_missed"
    NOBODY_AVAILABLE = "nobody_available"
    SURVEY = "survey"
    SURVEY_AGAIN = "survey_again"
    # To those who work here.
    AGENT_REMINDER = "agent_reminder"
    LEAD_ALERT = "lead_alert"
    MANAGER_NOBODY = "manager_nobody"
    MANAGER_SEAT_LOST = "manager_seat_lost"
    """A calendar, or somebody's time off, took away the last who could serve a booked call."""
    RATING_ALERT = "rating_alert"


INSIDE = frozenset(
    {
        LetterKind.AGENT_REMINDER,
        LetterKind.LEAD_ALERT,
        LetterKind.MANAGER_NOBODY,
        LetterKind.MANAGER_SEAT_LOST,
        LetterKind.RATING_ALERT,
    }
)
"""Letters to those who work here. All others go to the customer."""


class Channel(StrEnum):
    MAIL = "mail"
    WEBHOOK = "webhook"


@dataclass(frozen=True)
class LinkContext:
    nth: int
    expires_at: datetime
    open: bool
    """Neither used, nor expired, nor replaced."""


@dataclass(frozen=True)
class BookingContext:
    id: int
    starts_at: datetime
    seconds: int
    sequence: int
    """How often it was changed: a calendar takes the higher one."""


@dataclass(frozen=True)
class AgentContext:
    """Who has the call; never shown to a customer."""

    name: str
    offer: int | None
    """The accepted offer, on which the agent's join link rests."""


@dataclass(frozen=True)
class RatingContext:
    score: int
    comment: str


@dataclass(frozen=True)
class LetterContext:
    """Everything that a letter may tell. Text is plain: see ``one_line``."""

    message_id: str
    escalation_id: str
    kind: LetterKind
    recipient: str
    written_at: datetime
    """When the effect happened that it tells of."""
    sent_at: datetime
    """Now."""
    subject: str
    """The ticket's."""
    customer_name: str
    customer_email: str
    time_zone: str
    """The reader's IANA zone."""
    desk_name: str
    team_name: str
    team_address: str
    """Empty where no team was named."""
    outcome: str = ""
    link: LinkContext | None = None
    booking: BookingContext | None = None
    call_id: str = ""
    starts_at: datetime | None = None
    """None: a call now."""
    survey_until: datetime | None = None
    agent: AgentContext | None = None
    rating: RatingContext | None = None

    @property
    def moment(self) -> datetime:
        """The moment at which it is read, as far as can be known."""
        return max(self.written_at, self.sent_at)


@dataclass
class Incomplete(Exception):
    """A letter's rows don't hold what it must tell; sending it again would not help."""

    lacks: str

    def __str__(self) -> str:
        return f"there is no {self.lacks} to write of"


_LATE_REMINDER = timedelta(minutes=5)


def past_use(context: LetterContext) -> str:
    """Why a letter that was held up has nothing true left to say; empty where it has."""
    if context.kind in (LetterKind.REMINDER, LetterKind.AGENT_REMINDER, LetterKind.RUNNING_LATE):
        late = context.starts_at is not None and context.sent_at > context.starts_at + _LATE_REMINDER
        return "the call has begun" if late else ""
    if context.kind is LetterKind.INVITATION_AGAIN and context.link is not None and not context.link.open:
        return "the link is no longer open"
    return ""


_DIRECTION = dict.fromkeys([0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
"""Characters that turn the direction of what follows, and so can make a line read as another."""


def plain(text: str) -> str:
    """Somebody else's text without control, direction and lone surrogate characters; line ends are kept."""
    kept = (char for char in text.translate(_DIRECTION) if char in "\n\t" or unicodedata.category(char) not in _UNSEEN)
    return "".join(kept).strip()


def one_line(text: str, longest: int = 150) -> str:
    """The same on one line, cut to ``longest`` characters: fit for a header, a heading, a calendar."""
    line = re.sub(r"\s+", " ", plain(re.sub(r"[\r\n\x0b\x0c\x85\u2028\u2029]", " ", text)))
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def subject_line(text: str) -> str:
    """A ticket's subject on one line, or a stand-in for an empty one."""
    return one_line(text) or "your ticket"


def name_line(text: str) -> str:
    """The name of a person, a team or an organisation on one line of at most 80 characters."""
    return one_line(text, 80)


_UNSEEN = frozenset({"Cc", "Cs", "Co", "Cn"})
