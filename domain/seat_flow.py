"""The proof of no: at some instant of the wanted time, the calls then running and this one outnumber their people.

A matching of calls and people at each single instant is necessary, not sufficient (docs/architecture.md,
"Seats"), so its no is a proof and its yes is none. The witness is such a matching already; one more call fits
at an instant exactly if an alternating path leads from it to somebody free there. Calls alike are one step of it.
"""

from __future__ import annotations

from collections.abc import Iterable

from domain.seat_board import Board
from domain.seat_pieces import Group
from domain.seat_terms import Demand


def proven_impossible(board: Board, demand: Demand) -> bool:
    """Whether no plan whatsoever serves this call beside all that are sold."""
    wanted = board.eligible(demand)
    if not wanted:
        return True
    return any(
        not wanted & free and not _somebody_can_be_freed(board, wanted, free, running)
        for free, running in board.pieces.moments(demand.rest, demand.end)
    )


def _somebody_can_be_freed(board: Board, wanted: int, free: int, running: Iterable[Group]) -> bool:
    reached, unreached = wanted, [group for group in running if not group.kind.pinned]
    while True:
        grown, left = reached, []
        for group in unreached:
            if group.people & reached:
                grown |= board.able(group)
            else:
                left.append(group)
        if grown & free:
            return True
        if grown == reached:
            return False
        reached, unreached = grown, left
