"""What the customer reads once they have rated a call. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from domain.rating import HIGHEST, SCORES


@dataclass(frozen=True)
class RatedWords:
    title: str
    says: str


def rated_words(score: int) -> RatedWords:
    return RatedWords("Thank you", f"You rated this call {score} out of {HIGHEST}: {SCORES[score]}.")
