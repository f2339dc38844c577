"""The waiting line: what a customer is told about the calls ahead of theirs and the approximate wait.

It never shows a false number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.rounds.search import DueCall, Pools

ENOUGH = 5
"""How many recent waits an estimate needs."""
A_MOMENT = timedelta(minutes=1)
A_FEW_MINUTES = timedelta(minutes=5)
PUT_BACK_SHOWN_FOR = timedelta(minutes=3)
"""How long a customer reads that a more urgent call went before theirs."""


class WaitEstimate(StrEnum):
    """Roughly how long it will be until somebody takes the call."""

    MOMENT = "moment"
    MINUTES = "minutes"
    LONGER = "longer"
    """Longer than a few minutes; also used if nobody who could take the call is at their desk."""


@dataclass(frozen=True)
class PlaceInLine:
    """One call's place in the line."""

    call_id: str
    place: int | None
    """1 means next in line. An earlier call only counts if somebody in this call's pool could take it. None if nobody
    who could take this call is at their desk: then nobody is next."""
    estimate: WaitEstimate


def line_up(
    waiting: Sequence[DueCall], pools: Pools, waits: Sequence[timedelta], now: datetime
) -> tuple[PlaceInLine, ...]:
    """The current line. ``waiting`` is in order of urgency; ``waits`` says how long others have waited recently."""
    pools_of_calls = [frozenset(pools.at(call.plan.decision, call.step).members) for call in waiting]
    pools_before: list[frozenset[int]] = []
    usual = sorted(waits)[len(waits) // 2] if len(waits) >= ENOUGH else None
    line = []
    for call, people in zip(waiting, pools_of_calls, strict=True):
        place = 1 + sum(1 for others in pools_before if not people.isdisjoint(others))
        pools_before.append(people)
        somebody = pools.somebody_on_duty(call, call.step)
        estimate = _estimate(place, usual, now - call.began_at, somebody)
        line.append(PlaceInLine(call.call_id, place if somebody else None, estimate))
    return tuple(line)


def _estimate(place: int, usual: timedelta | None, waited: timedelta, somebody: bool) -> WaitEstimate:
    if not somebody or waited > A_FEW_MINUTES:
        return WaitEstimate.LONGER
    if usual is None:
        return WaitEstimate.MINUTES if place <= 2 else WaitEstimate.LONGER
    left = usual * place
    if left <= A_MOMENT and waited <= A_MOMENT:
        return WaitEstimate.MOMENT
    return WaitEstimate.MINUTES if left <= A_FEW_MINUTES else WaitEstimate.LONGER


def worse(current: PlaceInLine, shown: int | None) -> bool:
    """Whether the current place is further back than the one that the customer has been shown."""
    return shown is not None and current.place is not None and current.place > shown


def nobody_there(place: int | None, estimate: str | None) -> bool:
    """Whether the last round saw nobody at their desk who could take this waiting call."""
    return place is None and estimate == WaitEstimate.LONGER


def estimate_words(estimate: str | None) -> str:
    """The estimate as shown to a customer; empty if there is none."""
    words = {
        WaitEstimate.MOMENT: "a moment",
        WaitEstimate.MINUTES: "a few minutes",
        WaitEstimate.LONGER: "longer than a few minutes",
    }
    return words[WaitEstimate(estimate)] if estimate else ""


def people_before(place: int) -> str:
    """``You are next.``, ``One call is ahead of yours.``"""
    return {1: "You are next.", 2: "One call is ahead of yours."}.get(place, f"{place - 1} calls are ahead of yours.")
