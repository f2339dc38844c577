"""What a workflow has been told of one call. Facts come at least once and in any order; none is refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from activities.messages import Event
from domain.escalation import Kind


@dataclass(frozen=True)
class CallHolder:
    """A person has taken the call."""

    offer: int
    """Which offer of the call: an acceptance is lost by its own number, never a later one by mistake."""
    at: datetime


@dataclass
class CallEvents:
    """Facts of one call. The same facts say the same, in whichever order and however often they come."""

    accepted: dict[int, datetime] = field(default_factory=dict)
    """By offer."""
    lost: set[int] = field(default_factory=set)
    """Offers whose person vanished or did not come."""
    exhausted: bool = False
    begun_with: set[int] = field(default_factory=set)
    """Offers whose person and the customer were both there."""
    ended_at: datetime | None = None

    @property
    def taken(self) -> CallHolder | None:
        standing = [offer for offer in self.accepted if offer not in self.lost]
        return CallHolder(max(standing), self.accepted[max(standing)]) if standing else None

    @property
    def began(self) -> bool:
        """Both sides are there, or were; not so where the agent has vanished since."""
        return bool(self.begun_with - self.lost)

    def take_in(self, event: Event) -> None:
        match event.kind:
            case Kind.ACCEPTED:
                self.accepted[event.body["offer"]] = event.at
            case Kind.AGENT_VANISHED:
                self.lost.add(event.body["offer"])
            case Kind.EXHAUSTED:
                self.exhausted = True
            case Kind.CALL_BEGAN:
                # Events of older releases don't say with whom; no offer has the number 0, so that none loses them.
                self.begun_with.add(event.body.get("offer", 0))
            case Kind.CALL_ENDED:
                self.ended_at = event.at
