"""The events of one call that a workflow has received. They arrive at least once and in any order."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from activities.messages import Event
from domain.escalation import Kind


@dataclass(frozen=True)
class CallHolder:
    """The accepted offer of the agent who has the call."""

    offer: int
    """Number of the offer, so that losing an earlier agent can't affect a later acceptance."""
    at: datetime


@dataclass
class CallEvents:
    """The events of one call. The result doesn't depend on their order or on repetition."""

    accepted: dict[int, datetime] = field(default_factory=dict)
    """Times of acceptance, keyed by offer number."""
    lost: set[int] = field(default_factory=set)
    """Offers whose agent vanished or didn't join."""
    exhausted: bool = False
    begun_with: set[int] = field(default_factory=set)
    """Offers under which the call began: their agent and the customer had both joined."""
    ended_at: datetime | None = None
    wrapped_up: bool = False

    @property
    def taken(self) -> CallHolder | None:
        valid = [offer for offer in self.accepted if offer not in self.lost]
        return CallHolder(max(valid), self.accepted[max(valid)]) if valid else None

    @property
    def began(self) -> bool:
        """Whether the call began with an agent who hasn't been lost since."""
        return bool(self.begun_with - self.lost)

    def add(self, event: Event) -> None:
        match event.kind:
            case Kind.ACCEPTED:
                self.accepted[event.body["offer"]] = event.at
            case Kind.AGENT_VANISHED:
                self.lost.add(event.body["offer"])
            case Kind.EXHAUSTED:
                self.exhausted = True
            case Kind.CALL_BEGAN:
                # Events from older releases lack the offer. No offer has the number 0, so such a beginning is never
                # lost.
                self.begun_with.add(event.body.get("offer", 0))
            case Kind.CALL_ENDED:
                self.ended_at = event.at
            case Kind.WRAPPED_UP:
                self.wrapped_up = True
