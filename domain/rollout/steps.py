"""Rollout steps: which customers get the candidate rules at each step, and what share comes next."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from domain.failure import Failure

ROLLOUT_STEPS = (10, 30, 70, 100)
"""Percentages of the customers, in order. The last step is everybody."""
EVERYBODY = ROLLOUT_STEPS[-1]
_PLACES = 10_000


def place_of(customer: str, rollout: int) -> int:
    """A customer's place in one rollout, from 0 to 9,999: constant, and evenly distributed.

    ``customer`` is the email address; upper and lower case make no difference. Places are drawn afresh for each
    rollout, so that it isn't always the same customers who get a candidate first.
    """
    digest = hashlib.sha256(f"{rollout}\n{customer.strip().lower()}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8]) * _PLACES >> 64


def has_candidate(customer: str, rollout: int, percent: int) -> bool:
    """Whether the candidate decides this customer's escalations. If so, this also holds at every later step."""
    return place_of(customer, rollout) * 100 < percent * _PLACES


def next_rollout_step(percent: int) -> int:
    """The next step's percentage; after the last step, it stays at 100."""
    return next((step for step in ROLLOUT_STEPS if step > percent), EVERYBODY)


def share_words(percent: int) -> str:
    """``10 % of the customers``, ``everybody``."""
    return "everybody" if percent >= EVERYBODY else f"{percent} % of the customers"


@dataclass
class StageRuns(Failure):
    """Another rollout is running."""

    number: int
    percent: int
    author: str

    title = "Another version is live for some customers"

    @property
    def detail(self) -> str:
        return (
            f"Version {self.number} of {self.author} is live for {share_words(self.percent)}. "
            "Give it to everybody or roll it back first; your text is kept below."
        )


@dataclass
class StageMoved(Failure):
    """The page was out of date: somebody else has moved the rollout in the meantime."""

    now: str
    """The current status, as a clause."""

    title = "Somebody was quicker"

    @property
    def detail(self) -> str:
        return f"This page was out of date, so nothing was changed. Now {self.now}."


@dataclass
class StageUnfit(Failure):
    """The candidate rules name something that is no longer in the directory."""

    number: int
    problem: str

    title = "This version no longer fits the directory"

    @property
    def detail(self) -> str:
        return f"Version {self.number} no longer fits the directory: {self.problem}. Please roll it back."
