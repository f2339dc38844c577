"""The customer's rating: a score from 1 to 5, and a comment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.failure import Failure

LOWEST, HIGHEST = 1, 5
LONGEST_COMMENT = 4000
SCORES = {1: "very bad", 2: "bad", 3: "fair", 4: "good", 5: "very good"}


CHANGEABLE_FOR = timedelta(hours=24)
"""How long after the first rating it may be changed."""


@dataclass
class AlreadyRated(Failure):
    """The call already has a rating."""

    score: int

    title = "You have rated this call already"

    @property
    def detail(self) -> str:
        return f"You rated this call {self.score} of 5. Thank you."


@dataclass
class RatingFinal(Failure):
    """The rating can no longer be changed."""

    score: int

    title = "A rating can be changed for 24 hours"

    @property
    def detail(self) -> str:
        return f"You rated this call {self.score} of 5, and that stands."


@dataclass
class SurveyOver(Failure):
    """The call can't be rated: it isn't over yet, or has been over for too long."""

    title = "This survey has ended"


def may_change(rated_at: datetime, now: datetime) -> bool:
    return now < rated_at + CHANGEABLE_FOR


LOW_WITHOUT_RULES = 3
"""Scores below this are low if the rules don't say what is."""


def is_low(score: int, alert_under: int | None) -> bool:
    """Whether the customer is asked if we shall call them back: below the score that the rules alert under."""
    return score < (LOW_WITHOUT_RULES if alert_under is None else alert_under)


def is_bad(score: int, alert_under: int | None) -> bool:
    """Whether the plan requires an alert to the team lead."""
    return alert_under is not None and score < alert_under
