"""The call: how late each side may be, and why joining is refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.failure import Failure

AGENT_GRACE = timedelta(minutes=2)
"""An agent who still hasn't joined this long after the start time is replaced."""
ALONE_TIMEOUT = timedelta(seconds=30)
"""The time limit for an agent at their desk to rejoin a customer who reports that nobody is in the room."""
LATE_REMINDERS_AT = (0.2, 0.6)
"""A customer who hasn't joined is reminded after these fractions of the grace period."""
OPENS = timedelta(minutes=15)
"""How long before its start time a call can be joined even if nobody has taken it yet."""
LONGEST_CALL = timedelta(hours=4)
"""A call without a wrap-up is ended automatically this long after its planned end."""


@dataclass
class JoinUnknown(Failure):
    title = "This address does not lead anywhere"


@dataclass
class CallOver(Failure):
    title = "This call is over"


@dataclass
class NotYours(Failure):
    title = "This call has been given to somebody else"


@dataclass
class NotInCall(Failure):
    """This side hasn't joined the call."""

    title = "Join the call first"


@dataclass
class SignalRefused(Failure):
    """One of the two pages isn't in the call any more, or too many signals wait."""

    title = "The other page is no longer in this call"


def may_join(ready: bool, starts_at: datetime | None, now: datetime) -> bool:
    """Whether a call can be joined: somebody has taken it (``ready``), or it begins soon."""
    return ready or starts_at is None or now >= starts_at - OPENS


def agent_grace(wait_for_customer: int) -> timedelta:
    """How late an agent may be: two minutes, or half of the customer's grace period if that is shorter."""
    return min(AGENT_GRACE, timedelta(seconds=wait_for_customer / 2))


def late_reminder_at(start: datetime, wait: int) -> tuple[datetime, ...]:
    """When a customer who hasn't joined is reminded."""
    return tuple(start + timedelta(seconds=wait * share) for share in LATE_REMINDERS_AT)
