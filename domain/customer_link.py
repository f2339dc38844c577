"""The customer link: when it expires, when the customer is nudged, and why the link is refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.failure import Failure

NUDGE_AT = 0.6
"""The customer is nudged after this fraction of the link's lifetime."""
LINKS_AT_MOST = 5
"""The maximum number of links per escalation: the first one, and the new ones issued after a call that nobody took or
joined.
"""


@dataclass(frozen=True)
class LinkLife:
    issued_at: datetime
    expires_at: datetime

    @property
    def nudge_at(self) -> datetime:
        return self.issued_at + (self.expires_at - self.issued_at) * NUDGE_AT


def link_life(now: datetime, seconds: int) -> LinkLife:
    return LinkLife(now, now + timedelta(seconds=seconds))


@dataclass
class LinkUnknown(Failure):
    title = "This address does not lead anywhere"


@dataclass
class LinkExpired(Failure):
    title = "This link has expired"


@dataclass
class LinkUsed(Failure):
    """The link has already been used to book a call; the page shows that call instead."""

    starts_at: datetime

    title = "This link has booked its call"
