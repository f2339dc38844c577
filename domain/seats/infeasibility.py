"""The proof that a start time is gone: at some instant, too few people could take this call and those in progress.

A matching of calls and people at each single instant is necessary but not sufficient (docs/seats.md): finding none is a
proof, while finding one proves nothing. The witnesses already form such a matching; one more call fits at an instant if
and only if an alternating path leads from it to somebody who is free then. A group of similar calls counts as one step
of the path.
"""

from __future__ import annotations

from domain.seats.board import SeatBoard
from domain.seats.demand import Demand
from domain.seats.intervals import IntervalGroup


def proven_gone(board: SeatBoard, demand: Demand, eligible: int | None = None) -> bool:
    """Whether it is proven that this call can't be served alongside all sold ones, whichever calls are moved.

    Needs no lock. ``eligible``: the mask of people eligible for it, if known.
    """
    if eligible is None:
        eligible = board.eligible(demand)
    if not eligible:
        return True
    proofs = board.intervals.proofs
    for position, free, running in board.intervals.moments(demand.busy_from, demand.end):
        if not eligible & free:
            possible = proofs.get((position, eligible))
            if possible is None:
                possible = proofs[position, eligible] = _somebody_can_be_freed(board, eligible, free, running)
            if not possible:
                return True
    return False


def _somebody_can_be_freed(board: SeatBoard, eligible: int, free: int, running: list[IntervalGroup]) -> bool:
    """Whether an alternating path leads from somebody in ``eligible`` to somebody free.

    All sets of people are masks.
    """
    reached, unvisited = eligible, running
    while True:
        grown, still_unvisited = reached, []
        for group in unvisited:
            if not group.people & reached:
                still_unvisited.append(group)
            elif not group.key.pinned:
                able = board.able(group) if group.able is None else group.able
                if able & free:
                    return True
                grown |= able
        if grown == reached:
            return False
        reached, unvisited = grown, still_unvisited
