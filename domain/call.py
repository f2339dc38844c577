"""The call: who has come, how long each side is waited for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.failure import Failure

AGENT_GRACE = timedelta(minutes=2)
"""An agent who has not joined this long after the start is replaced."""
ALONE_PATIENCE = timedelta(seconds=30)
"""An agent at their desk has this long to come back to a customer who says that nobody is in the room."""
CALLED_FOR_AT = (0.2, 0.6)
"""A customer who does not come gets a message after these shares of the wait."""
LONGEST_CALL = timedelta(hours=4)
"""After the planned end, the time until a call without a wrap-up ends by itself."""


@dataclass
class JoinUnknown(Failure):
    title = "This address does not lead anywhere"


@dataclass
class CallOver(Failure):
    title = "This call is over"


@dataclass
class NotYours(Failure):
    title = "This call has been given to somebody else"


def agent_grace(wait_for_customer: int) -> timedelta:
    """How long an agent may be late: two minutes, or half of the customer's own wait where that is shorter."""
    return min(AGENT_GRACE, timedelta(seconds=wait_for_customer / 2))


def late_reminder_at(start: datetime, wait: int) -> tuple[datetime, ...]:
    """When a customer who has not come is written to."""
    return tuple(start + timedelta(seconds=wait * share) for share in CALLED_FOR_AT)
