"""The proof of no: at some instant of the wanted time, the calls then running and this one outnumber their people.

A matching of calls and people at each single instant is necessary, not sufficient (docs/architecture.md,
"Seats"), so its no is a proof and its yes is none. The witness is such a matching already; one more call fits
at an instant exactly if an alternating path leads from it to somebody free there.
"""

from __future__ import annotations

from domain.seat_board import Board, bits
from domain.seat_terms import Demand


def proven_impossible(board: Board, demand: Demand) -> bool:
    """Whether no plan whatsoever serves this call beside all that are sold."""
    wanted = board.eligible(demand)
    if not wanted:
        return True
    return any(
        not _somebody_can_be_freed(board, wanted, free, moment)
        for moment, free in board.moments(demand.rest, demand.end)
    )


def _somebody_can_be_freed(board: Board, wanted: int, free: int, moment: int) -> bool:
    reached = news = wanted
    while news:
        if news & free:
            return True
        found = 0
        for bit in bits(news):
            for call in board.running(bit, moment):
                if not call.pinned:
                    found |= board.eligible(call)
        news = found & ~reached
        reached |= found
    return False
