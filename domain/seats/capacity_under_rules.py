"""Booked calls under other rules than those they were sold by: for how many of them nobody would be found.

An escalation keeps the plan that it was opened with, so nothing that is sold is lost by other rules. What they could
not serve shows what they take from the seats of those hours. Pure; the board is the caller's to use up.
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
"""How far the search for one call goes, as for a change of shifts."""
SECONDS_A_CALL, SECONDS_A_DAY = 1.0, 3.0
WHOLE_DAY = 24 * 3600


@dataclass(frozen=True)
class UnservedCalls:
    calls: tuple[Demand, ...]
    """Nobody was found for these, as far as was looked."""
    at_least: int = 0
    """Of all the calls of their days so many have nobody, whatever the plan: proven."""


def unserved_at_once(board: SeatBoard, wanted: Sequence[Demand], until: float) -> UnservedCalls:
    """Serve each of these in place of what stands for its booking; others may move.

    The board holds what was found. Past ``until``, in seconds of the monotonic clock, only the direct test is tried:
    those left out are too many rather than too few.
    """
    search = Search(board, TRIES)
    for call in wanted:
        if call.booking in board.assignments:
            search.take(call.booking)
    waiting = list(wanted)
    for depth in range(DEPTH + 1):
        left = []
        for call in waiting:
            search.tries = TRIES
            within = depth if time.monotonic() < until else 0
            if not search.place(call, within):
                left.append(call)
        waiting = left
    return UnservedCalls(tuple(waiting))


def proven_unserved(board: SeatBoard, left: Sequence[Demand], seconds: float) -> UnservedCalls:
    """Look for these with all means for half of these seconds; prove of the rest how many no plan serves."""
    until, half = time.monotonic() + seconds, time.monotonic() + seconds / 2
    still = []
    for call in left:
        left_of_it = min(SECONDS_A_CALL, half - time.monotonic())
        found = place_by_window(board, call, seconds=left_of_it, days={call.day}) if left_of_it > 0 else None
        if found is None or apply_placement(board, call, found, {call.day}) is None:
            still.append(call)
    at_least = 0
    days = sorted({call.day for call in still})
    for number, day in enumerate(days):
        left_of_it = min(SECONDS_A_DAY, (until - time.monotonic()) / (len(days) - number))
        if left_of_it <= 0:
            break
        of_day = [call for call in still if call.day == day]
        found_at_all = rearrange(board, of_day, seconds=left_of_it, days={day}, around=WHOLE_DAY, all_of_them=False)
        at_least += max(0, found_at_all.calls - found_at_all.at_most)
    return UnservedCalls(tuple(still), min(at_least, len(still)))
