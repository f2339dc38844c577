"""The proof of no: at some instant of the wanted time, the calls then running and this one outnumber their people.

A matching of calls and people at each single instant is necessary, not sufficient (docs/architecture.md,
"Seats"), so its no is a proof and its yes is none. The witness is such a matching already; one more call fits
at an instant exactly if an alternating path leads from it to somebody free there. Calls alike are one step of it.
"""

from __future__ import annotations

from domain.seats.board import SeatBoard
from domain.seats.demand import Demand
from domain.seats.intervals import IntervalGroup


def proven_impossible(board: SeatBoard, demand: Demand, wanted: int | None = None) -> bool:
    """Whether no plan whatsoever serves this call beside all that are sold; ``wanted`` are those eligible for it."""
    if wanted is None:
        wanted = board.eligible(demand)
    if not wanted:
        return True
    proofs = board.intervals.proofs
    for place, free, running in board.intervals.moments(demand.busy_from, demand.end):
        if not wanted & free:
            possible = proofs.get((place, wanted))
            if possible is None:
                possible = proofs[place, wanted] = _somebody_can_be_freed(board, wanted, free, running)
            if not possible:
                return True
    return False


def _somebody_can_be_freed(board: SeatBoard, wanted: int, free: int, running: list[IntervalGroup]) -> bool:
    reached, left = wanted, running
    while True:
        grown, unreached = reached, []
        for group in left:
            if not group.people & reached:
                unreached.append(group)
            elif not group.key.pinned:
                able = board.able(group) if group.able is None else group.able
                if able & free:
                    return True
                grown |= able
        if grown == reached:
            return False
        reached, left = grown, unreached
