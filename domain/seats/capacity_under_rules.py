"""How many booked calls could not be served under rules other than those under which they were sold.

An escalation keeps the plan that it was opened with, so new rules never cost anybody a sold seat. The calls that
couldn't be served under the new rules show how much capacity the new rules would cost during those calls' hours. Pure,
except that the caller's board is changed.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from domain.seats.board import SeatBoard
from domain.seats.demand import Demand
from domain.seats.search import Search, apply_placement
from domain.seats.solver import place_by_window, rearrange

DEPTH, TRIES = 2, 200
"""Search limits for one call, the same as for a change of shifts."""
SECONDS_A_CALL, SECONDS_A_DAY = 1.0, 3.0
WHOLE_DAY = 24 * 3600


@dataclass(frozen=True)
class UnservedCalls:
    calls: tuple[Demand, ...]
    """Calls for which nobody was found in the search so far."""
    at_least: int = 0
    """Proven: whatever the assignment, at least this many of all the calls on the same days can't be served."""


def find_unserved(board: SeatBoard, demands: Sequence[Demand], until: float) -> UnservedCalls:
    """Put each of these calls on the board in place of its booking's current one; other calls may move.

    Afterwards the board contains the new placements. Once the monotonic clock passes ``until``, only the direct test
    runs, so the result may contain too many calls, but never too few.
    """
    search = Search(board, TRIES)
    for call in demands:
        if call.booking in board.assignments:
            search.take(call.booking)
    unplaced = list(demands)
    for depth in range(DEPTH + 1):
        left = []
        for call in unplaced:
            search.tries = TRIES
            allowed_depth = depth if time.monotonic() < until else 0
            if not search.place(call, allowed_depth):
                left.append(call)
        unplaced = left
    return UnservedCalls(tuple(unplaced))


def proven_unserved(board: SeatBoard, unplaced: Sequence[Demand], seconds: float) -> UnservedCalls:
    """Run the solver on these calls for half of ``seconds``, then prove how many of the rest can't be served."""
    until, half = time.monotonic() + seconds, time.monotonic() + seconds / 2
    unserved = []
    for call in unplaced:
        allowed = min(SECONDS_A_CALL, half - time.monotonic())
        placement = place_by_window(board, call, seconds=allowed, days={call.day}) if allowed > 0 else None
        if placement is None or apply_placement(board, call, placement, {call.day}) is None:
            unserved.append(call)
    at_least = 0
    days = sorted({call.day for call in unserved})
    for number, day in enumerate(days):
        allowed = min(SECONDS_A_DAY, (until - time.monotonic()) / (len(days) - number))
        if allowed <= 0:
            break
        of_day = [call for call in unserved if call.day == day]
        best = rearrange(board, of_day, seconds=allowed, days={day}, around=WHOLE_DAY, all_of_them=False)
        at_least += max(0, best.calls - best.at_most)
    return UnservedCalls(tuple(unserved), min(at_least, len(unserved)))
