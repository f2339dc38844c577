"""Publishing by stages: which customers a candidate decides for, and what comes next."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from domain.failure import Failure

ROLLOUT_STEPS = (10, 30, 70, 100)
"""Percent of the customers, in order. The last one is everybody."""
EVERYBODY = ROLLOUT_STEPS[-1]
_PLACES = 10_000


def place_of(customer: str, rollout: int) -> int:
    """Where a customer stands among 10,000 places, for one rollout: always the same, evenly spread.

    ``customer`` is the mail address, in whatever capitals. Another rollout draws anew, so that it is not the
    same customers who have every candidate first.
    """
    drawn = hashlib.sha256(f"{rollout}\n{customer.strip().lower()}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(drawn[:8]) * _PLACES >> 64


def has_candidate(customer: str, rollout: int, percent: int) -> bool:
    """Whoever has the candidate at one stage has it at every later one."""
    return place_of(customer, rollout) * 100 < percent * _PLACES


def next_rollout_step(percent: int) -> int:
    """The share after this one; everybody after the last."""
    return next((step for step in ROLLOUT_STEPS if step > percent), EVERYBODY)


def share_words(percent: int) -> str:
    """``10 % of the customers``, ``everybody``."""
    return "everybody" if percent >= EVERYBODY else f"{percent} % of the customers"


@dataclass
class StageRuns(Failure):
    """Something else is being tried on some of the customers."""

    number: int
    percent: int
    author: str

    title = "Another version is being tried"

    @property
    def detail(self) -> str:
        return (
            f"Version {self.number} of {self.author} is being tried on {share_words(self.percent)}. "
            "Give it to everybody or roll it back first; your text is kept below."
        )


@dataclass
class StageMoved(Failure):
    """The page was older than the stage it speaks of: somebody else has pressed."""

    now: str
    """Where it stands: ``version 4 stands for everybody``."""

    title = "Somebody was quicker"

    @property
    def detail(self) -> str:
        return f"This page was out of date, so nothing was changed. Now {self.now}."


@dataclass
class StageUnfit(Failure):
    """The candidate names something that the directory no longer has."""

    number: int
    problem: str

    title = "This version no longer fits the directory"

    @property
    def detail(self) -> str:
        return f"Version {self.number} no longer fits the directory: {self.problem}. Please roll it back."
