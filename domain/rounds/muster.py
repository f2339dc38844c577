"""The muster: who is asked to take each call that is due. Pure: everything known in, everything to change out.

All calls and all people of a round are matched together: ``searching.py`` says where each search stands,
``guards.py`` who may not or should rather not be asked, ``floor.py`` puts it into arrays, ``matching.py`` solves
them, and ``reasons.py`` says why it was this person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.rounds.eligibility import OCCUPANCY_LIMIT, Colleague
from domain.rounds.matching import match
from domain.rounds.matrix import RoundMatrix
from domain.rounds.reasons import Alternative, Chosen, Reasons
from domain.rounds.search import DueCall, Pools, SearchState, advance
from rules_dsl.directory import Directory

__all__ = ["Alternative", "Chosen", "Colleague", "DueCall", "RoundResult", "SearchState", "choose"]


@dataclass(frozen=True)
class RoundResult:
    searches: tuple[SearchState, ...]
    offers: tuple[Chosen, ...]


def choose(
    due: Sequence[DueCall],
    colleagues: Mapping[int, Colleague],
    directory: Directory,
    now: datetime,
    occupancy_limit: int = OCCUPANCY_LIMIT,
) -> RoundResult:
    """One round. ``due`` is in order of urgency; nobody is given two calls. ``occupancy_limit`` is in percent."""
    pools = Pools(directory, colleagues)
    searches = tuple(advance(call, pools, now) for call in due)
    calls = [searched.call for searched in searches if not searched.exhausted]
    floor = RoundMatrix(colleagues, directory, pools, now, occupancy_limit)
    if not calls or not floor.free:
        return RoundResult(searches, ())
    cost_matrix = floor.cost_matrix(calls)
    matched = match(cost_matrix)
    given = frozenset(floor.free[column].person for column in matched if column is not None)
    reasons = Reasons(floor, cost_matrix, pools, colleagues, given)
    offers = tuple(
        reasons.explain(call, row, column)
        for row, (call, column) in enumerate(zip(calls, matched, strict=True))
        if column is not None
    )
    return RoundResult(searches, offers)
