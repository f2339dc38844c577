"""The window solver: every seat within some hours re-arranged at once by a mixed-integer program (HiGHS).

Its yes is a witness. Its no says only that none was found with everything outside the window left as it is,
and is taken as no. It takes tenths of a second, so it runs outside every lock.

Variables: x[call, person], one where the person is eligible and free of what stays. Rows: each call has one
person; of the calls that run at one instant a person has one; a person's day, shift and team's reserve hold.
What stands already may stand: a limit that is exceeded now may stay as it is, and not grow.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from domain.seats.board import SeatBoard, indexes_in
from domain.seats.demand import Demand, Placement
from domain.seats.limits import sellable

WINDOW = 2 * 3600
"""Seconds before and after the wanted time in which others are re-arranged."""


@dataclass
class _Program:
    """The rows of one program: coefficients, and lower and upper bounds."""

    rows: list[int] = field(default_factory=list)
    columns: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)

    def add(self, columns: Sequence[int], high: float, low: float = -np.inf, values: Sequence[float] = ()) -> None:
        self.rows.extend([len(self.high)] * len(columns))
        self.columns.extend(columns)
        self.values.extend(values or [1.0] * len(columns))
        self.low.append(low)
        self.high.append(high)


@dataclass(frozen=True)
class SolverResult:
    """What the solver found."""

    people: dict[int, int] | None
    """The bit of a person for each call that is served, by booking; None where none was found in time."""
    at_most: int
    """How many of the calls can be served at most, proven."""
    calls: int
    """How many calls there are: the wanted and those that were re-arranged."""


def rearrange(
    board: SeatBoard,
    wanted: Sequence[Demand],
    *,
    seconds: float,
    days: Collection[int] | None = None,
    around: int = WINDOW,
    all_of_them: bool = True,
) -> SolverResult:
    """Serve the wanted calls and all that stand near them; with ``all_of_them`` false, as many as can be.

    The board is as before afterwards; ``wanted`` are not on it.
    """
    begin, end = min(call.busy_from for call in wanted) - around, max(call.end for call in wanted) + around
    movable = [
        call for call in board.assignments.between(begin, end) if not call.pinned and (days is None or call.day in days)
    ]
    stood = {call.booking: board.take(call.booking)[1] for call in movable}
    try:
        calls = [*wanted, *movable]
        eligible = [_candidates(board, call, stood.get(call.booking)) for call in calls]
        return _solve(board, calls, eligible, stood, seconds, all_of_them)
    finally:
        for call in movable:
            board.put(call, stood[call.booking])


def place_by_window(
    board: SeatBoard, demand: Demand, *, seconds: float, days: Collection[int] | None = None, around: int = WINDOW
) -> Placement | None:
    """A witness for this call with whatever moves it needs, or None: a no to be on the safe side."""
    found = rearrange(board, [demand], seconds=seconds, days=days, around=around).people
    if found is None:
        return None
    moves = tuple(
        (booking, board.members[index].person)
        for booking, index in found.items()
        if booking in board.assignments and board.assignments[booking][1] != index
    )
    return Placement(board.members[found[demand.booking]].person, moves)


def _candidates(board: SeatBoard, call: Demand, standing: int | None) -> list[int]:
    """Who could have this call beside what stays; its own witness can, whatever the limits say by now."""
    mask = board.idle(call, board.eligible(call))
    if standing is not None:
        mask |= 1 << standing
    return list(indexes_in(mask))


def _solve(
    board: SeatBoard,
    calls: list[Demand],
    eligible: list[list[int]],
    stood: dict[int, int],
    seconds: float,
    all_of_them: bool,
) -> SolverResult:
    if all_of_them and not all(eligible):
        return SolverResult(None, len(calls) - 1, len(calls))
    column: dict[tuple[int, int], int] = {}
    for place, people in enumerate(eligible):
        for index in people:
            column[place, index] = len(column)
    if not column:
        return SolverResult({}, 0, len(calls))
    program = _Program()
    for place, people in enumerate(eligible):
        lowest = 1.0 if all_of_them else -np.inf
        program.add([column[place, index] for index in people], 1.0, lowest)
    for rows in (_one_at_a_time, _days, _shifts, _reserves):
        for columns, values, high in rows(board, calls, eligible, column, stood):
            program.add(columns, high, values=values)
    # A call that changes its person costs a little, so that few do.
    served = 0.0 if all_of_them else -1.0
    cost = np.full(len(column), served)
    for (place, index), column_index in column.items():
        if stood.get(calls[place].booking, index) != index:
            cost[column_index] += 1e-4
    return _run(program, cost, calls, column, seconds, all_of_them)


def _run(
    program: _Program,
    cost: np.ndarray[tuple[int], np.dtype[np.float64]],
    calls: list[Demand],
    column: dict[tuple[int, int], int],
    seconds: float,
    all_of_them: bool,
) -> SolverResult:
    matrix = csr_array((program.values, (program.rows, program.columns)), shape=(len(program.high), len(cost)))
    solved = milp(
        cost,
        integrality=np.ones(len(cost), dtype=np.int8),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(matrix, np.array(program.low), np.array(program.high)),
        # Any plan will do where all must be served: the first one found ends the search.
        options={"time_limit": seconds, "mip_rel_gap": 1e9 if all_of_them else 0.0, "presolve": True},
    )
    bound = getattr(solved, "mip_dual_bound", None)
    at_most = len(calls) if bound is None or all_of_them else min(int(-bound + 1e-6), len(calls))
    if solved.x is None:
        return SolverResult(None, at_most, len(calls))
    chosen = {
        calls[place].booking: index for (place, index), column_index in column.items() if solved.x[column_index] > 0.5
    }
    return SolverResult(chosen, at_most, len(calls))


Rows = Iterator[tuple[list[int], list[float], float]]
Columns = dict[tuple[int, int], int]


def _one_at_a_time(
    board: SeatBoard, calls: list[Demand], eligible: list[list[int]], column: Columns, stood: dict[int, int]
) -> Rows:
    """Of the calls that run when one of them begins, a person has one."""
    seen: set[tuple[int, ...]] = set()
    for opening in calls:
        running = [place for place, call in enumerate(calls) if call.busy_from <= opening.busy_from < call.end]
        together: dict[int, list[int]] = defaultdict(list)
        for place in running:
            for index in eligible[place]:
                together[index].append(column[place, index])
        for columns in together.values():
            if len(columns) > 1 and tuple(columns) not in seen:
                seen.add(tuple(columns))
                yield columns, [], 1.0


def _days(
    board: SeatBoard, calls: list[Demand], eligible: list[list[int]], column: Columns, stood: dict[int, int]
) -> Rows:
    """A person's calls a day: of those whose limit is ``most`` or less, ``most``."""
    by_day: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for place, call in enumerate(calls):
        for index in eligible[place]:
            by_day[index, call.day].append((place, call.terms.cap_of(board.members[index].title)))
    for (index, day), asked in by_day.items():
        title = board.members[index].title
        staying = [other.terms.cap_of(title) for other in board.calls_on_day(index, day)]
        for most in {cap for _, cap in asked} | set(staying):
            places = [place for place, cap in asked if cap <= most]
            taken = sum(cap <= most for cap in staying)
            if taken + len(places) > most:
                now = sum(stood.get(calls[place].booking) == index for place in places)
                yield [column[place, index] for place in places], [], max(most - taken, now)


def _shifts(
    board: SeatBoard, calls: list[Demand], eligible: list[list[int]], column: Columns, stood: dict[int, int]
) -> Rows:
    """A person's shift: of the calls whose plans allow so much of it or less, so much."""
    by_shift: dict[tuple[int, tuple[int, int]], list[int]] = defaultdict(list)
    for place, call in enumerate(calls):
        for index in eligible[place]:
            if call.terms.shift_percent < 100 and (shift := board.shift_at(index, call.begin)) is not None:
                by_shift[index, shift].append(place)
    for (index, shift), asked in by_shift.items():
        staying = board.calls_in_shift(index, shift)
        percents = {call.terms.shift_percent for call in [*staying, *(calls[place] for place in asked)]} - {100}
        for percent in percents:
            places = [place for place in asked if calls[place].terms.shift_percent <= percent]
            lengths = [float(calls[place].end - calls[place].begin) for place in places]
            taken = sum(other.end - other.begin for other in staying if other.terms.shift_percent <= percent)
            room = percent * (shift[1] - shift[0]) / 100 - taken
            if sum(lengths) > room:
                now = sum(
                    length
                    for place, length in zip(places, lengths, strict=True)
                    if stood.get(calls[place].booking) == index
                )
                yield [column[place, index] for place in places], lengths, max(room, now)


def _reserves(
    board: SeatBoard, calls: list[Demand], eligible: list[list[int]], column: Columns, stood: dict[int, int]
) -> Rows:
    """At each instant at which a call begins or a shift changes, a team keeps its reserve."""
    highest = max(call.terms.reserve for call in calls)
    for share in {share for share in {highest, *board.reserve.shares} if 0 < share <= highest}:
        keeping = [place for place, call in enumerate(calls) if call.terms.reserve >= share]
        begin, end = min(calls[place].begin for place in keeping), max(calls[place].end for place in keeping)
        for moment, on, engaged in board.reserve.moments(begin, end, share, {calls[place].begin for place in keeping}):
            running = [place for place in keeping if calls[place].begin <= moment < calls[place].end]
            for team in board.roster.teams.values():
                columns = [column[place, index] for place in running for index in eligible[place] if team >> index & 1]
                room = sellable((on & team).bit_count(), share) - (engaged & team).bit_count()
                if len(columns) > room:
                    now = sum(
                        (index := stood.get(calls[place].booking)) is not None and team >> index & 1
                        for place in running
                    )
                    yield columns, [], max(room, now)
