"""What a waiting customer is told: how many are before them, about how long it will take. Never a false number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.rounds.search import DueCall, Pools

ENOUGH = 5
"""Recent waits from which an estimate is made."""
A_MOMENT = timedelta(minutes=1)
A_FEW_MINUTES = timedelta(minutes=5)


class WaitEstimate(StrEnum):
    """About how long until somebody takes the call."""

    MOMENT = "moment"
    MINUTES = "minutes"
    LONGER = "longer"
    """Longer than a few minutes; also where nobody who could take it is at their desk."""


@dataclass(frozen=True)
class PlaceInLine:
    """Where one call stands in the line."""

    call_id: str
    place: int
    """1 is next. Counted are the calls before it that somebody of its own pool could be given."""
    estimate: WaitEstimate


def line_up(
    waiting: Sequence[DueCall], pools: Pools, waits: Sequence[timedelta], now: datetime
) -> tuple[PlaceInLine, ...]:
    """The line as it stands. ``waiting`` is in order of urgency; ``waits`` are how long others waited lately."""
    asked = [frozenset(pools.at(call.plan.decision, call.step).members) for call in waiting]
    before: list[frozenset[int]] = []
    usual = sorted(waits)[len(waits) // 2] if len(waits) >= ENOUGH else None
    found = []
    for call, people in zip(waiting, asked, strict=True):
        place = 1 + sum(1 for others in before if not people.isdisjoint(others))
        before.append(people)
        somebody = pools.somebody_on_duty(call, call.step)
        found.append(PlaceInLine(call.call_id, place, _estimate(place, usual, now - call.began_at, somebody)))
    return tuple(found)


def _estimate(place: int, usual: timedelta | None, waited: timedelta, somebody: bool) -> WaitEstimate:
    if not somebody or waited > A_FEW_MINUTES:
        return WaitEstimate.LONGER
    if usual is None:
        return WaitEstimate.MINUTES if place <= 2 else WaitEstimate.LONGER
    left = usual * place
    if left <= A_MOMENT and waited <= A_MOMENT:
        return WaitEstimate.MOMENT
    return WaitEstimate.MINUTES if left <= A_FEW_MINUTES else WaitEstimate.LONGER


def worse(placed: PlaceInLine, place: int | None) -> bool:
    """Whether a customer who was told ``place`` is now told a later one."""
    return place is not None and placed.place > place


def estimate_words(estimate: str | None) -> str:
    """The estimate as a customer reads it; empty where there is none."""
    words = {
        WaitEstimate.MOMENT: "a moment",
        WaitEstimate.MINUTES: "a few minutes",
        WaitEstimate.LONGER: "longer than a few minutes",
    }
    return words[WaitEstimate(estimate)] if estimate else ""


def people_before(place: int) -> str:
    """``You are next.``, ``One call is before yours.``"""
    return {1: "You are next.", 2: "One call is before yours."}.get(place, f"{place - 1} calls are before yours.")
