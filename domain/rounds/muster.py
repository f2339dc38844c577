"""The muster: who is asked to take each due call. Pure: takes all that is known, and returns all that must change.

All calls and people in a round are matched together: ``search`` advances each call's search, ``eligibility`` says who
must not be asked, or only as a last resort, ``matrix`` turns this into arrays, ``matching`` solves them, and
``reasons`` explains why this person was chosen.
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
    *,
    desks_return: bool = False,
) -> RoundResult:
    """Decide one round; nobody gets two calls.

    ``due`` is in order of urgency, and ``occupancy_limit`` is a percentage. ``desks_return``: see ``advance``.
    """
    pools = Pools(directory, colleagues)
    searches = tuple(advance(call, pools, now, desks_return=desks_return) for call in due)
    calls = [search.call for search in searches if not search.exhausted]
    round_matrix = RoundMatrix(colleagues, directory, pools, now, occupancy_limit)
    if not calls or not round_matrix.free:
        return RoundResult(searches, ())
    cost_matrix = round_matrix.cost_matrix(calls)
    matched = match(cost_matrix)
    assigned = frozenset(round_matrix.free[column].person for column in matched if column is not None)
    reasons = Reasons(round_matrix, cost_matrix, pools, colleagues, assigned)
    offers = tuple(
        reasons.explain(call, row, column)
        for row, (call, column) in enumerate(zip(calls, matched, strict=True))
        if column is not None
    )
    return RoundResult(searches, offers)
