"""Prepared moves: solver solutions found ahead of time for start times that short moves don't free.

One solution often frees several start times, so each solution is tried on all the other start times.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from domain.seats.board import SeatBoard
from domain.seats.demand import Demand, Placement
from domain.seats.search import Search
from domain.seats.solver import WINDOW, place_by_window

WIDER = 3 * WINDOW
"""Calls within this many seconds of a start time may be rearranged if the usual window has no solution."""


def find_prepared_moves(
    board: SeatBoard, demands: Sequence[Demand], *, seconds: float, days: Collection[int] | None = None
) -> dict[Demand, Placement]:
    """Find placements for as many of these demands as possible, in at most ``seconds`` per solver run.

    The board stays unchanged.
    """
    found: dict[Demand, Placement] = {}
    for demand in demands:
        if demand in found:
            continue
        placement = place_by_window(board, demand, seconds=seconds, days=days) or place_by_window(
            board, demand, seconds=seconds, days=days, around=WIDER
        )
        if placement is not None:
            found[demand] = placement
            others = [other for other in demands if other not in found]
            found |= _opened_by(board, placement.moves, others)
    return found


def _opened_by(
    board: SeatBoard, moves: tuple[tuple[int, int], ...], demands: Sequence[Demand]
) -> dict[Demand, Placement]:
    """The demands that somebody can take after these moves alone."""
    search = Search(board, 0)
    calls = [(search.take(booking), board.index_of[person]) for booking, person in moves]
    opened: dict[Demand, Placement] = {}
    if all(search.put(call, index) for call, index in calls):
        for demand in demands:
            if free := board.can_take(demand):
                opened[demand] = Placement(board.members[(free & -free).bit_length() - 1].person, moves)
    search.undo()
    return opened
