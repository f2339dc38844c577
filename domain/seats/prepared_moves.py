"""Room found ahead of time: for starts that short moves don't reach, an arrangement by the window solver.

One arrangement often opens several starts, so each is tried on all that are still wanted.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from domain.seats.board import SeatBoard
from domain.seats.demand import Demand, Placement
from domain.seats.search import Search
from domain.seats.solver import WINDOW, place_by_window

WIDER = 3 * WINDOW
"""Seconds around the wanted time that are looked at where the ordinary window holds no arrangement."""


def find_prepared_moves(
    board: SeatBoard, wanted: Sequence[Demand], *, seconds: float, days: Collection[int] | None = None
) -> dict[Demand, Placement]:
    """Arrangements for as many of these as are found, ``seconds`` at most for each. The board is as before."""
    found: dict[Demand, Placement] = {}
    for demand in wanted:
        if demand in found:
            continue
        placement = place_by_window(board, demand, seconds=seconds, days=days) or place_by_window(
            board, demand, seconds=seconds, days=days, around=WIDER
        )
        if placement is not None:
            found[demand] = placement
            others = [other for other in wanted if other not in found]
            found |= _opened(board, others, placement.moves)
    return found


def _opened(board: SeatBoard, wanted: Sequence[Demand], moves: tuple[tuple[int, int], ...]) -> dict[Demand, Placement]:
    """Those of the wanted calls to which these moves alone open somebody."""
    search = Search(board, 0)
    calls = [(search.take(booking), board.index_of[person]) for booking, person in moves]
    opened: dict[Demand, Placement] = {}
    if all(search.put(call, index) for call, index in calls):
        for demand in wanted:
            if free := board.can_take(demand):
                opened[demand] = Placement(board.members[(free & -free).bit_length() - 1].person, moves)
    search.undo()
    return opened
