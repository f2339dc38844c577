"""An offer: a call offered to one person for a limited time, and the result of accepting it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from domain.failure import Failure


@dataclass
class OfferPassed(Failure):
    """The offer being answered is no longer open."""

    state: str

    title = "This offer has passed"

    @property
    def detail(self) -> str:
        reasons = {
            "expired": "it ran out before it was answered",
            "declined": "it was declined",
            "withdrawn": "the call was cancelled or taken back",
            "accepted": "the call has been taken",
            "missed": "the call was given to somebody else",
            "done": "the call is over",
        }
        return f"This offer has passed: {reasons.get(self.state, 'it is not yours')}."


@dataclass(frozen=True)
class Attribution:
    """Who took a call; fixed when the call is accepted."""

    person: int
    person_name: str
    team: int
    team_name: str
    title: int
    title_name: str
    step: int
    ruleset: str
    rule: str


@dataclass(frozen=True)
class Acceptance:
    call_id: str
    accepted_at: datetime
    attribution: Attribution
    again: bool = field(default=False)
    """Whether the person had already accepted."""
