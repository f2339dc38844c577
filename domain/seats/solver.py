"""The solver: uses a mixed-integer program (HiGHS) to rearrange all seats in a window of a few hours.

A solution assigns a witness to every call. If the solver finds none, then either no solution leaves everything outside
the window unchanged, or none was found in time; both count as no solution. A run takes tenths of a second, so it
happens outside every lock.

Variables: x[call, person], for each person who is eligible and not busy with fixed calls. Rows: each call has one
person; at any instant, a person has at most one of the calls in progress; daily limits, shift limits and each team's
reserve are respected. A limit that is already exceeded may stay exceeded, but not by more.
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
"""Other calls within this many seconds before and after a call may be rearranged."""


@dataclass
class _Program:
    """The rows of a mixed-integer program: coefficients, and lower and upper bounds."""

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
    """The solver's result."""

    people: dict[int, int] | None
    """Each served booking's person index; None if no solution was found in time."""
    at_most: int
    """Proven: no more calls than this can be served."""
    calls: int
    """The number of calls, both new and movable."""


def rearrange(
    board: SeatBoard,
    new_calls: Sequence[Demand],
    *,
    seconds: float,
    days: Collection[int] | None = None,
    around: int = WINDOW,
    all_of_them: bool = True,
) -> SolverResult:
    """Serve the new calls and all movable ones near them, or as many as possible if ``all_of_them`` is false.

    ``new_calls`` aren't on the board, which is unchanged afterwards. ``around`` is in seconds.
    """
    begin, end = min(call.busy_from for call in new_calls) - around, max(call.end for call in new_calls) + around
    movable = [
        call for call in board.assignments.between(begin, end) if not call.pinned and (days is None or call.day in days)
    ]
    current = {call.booking: board.take(call.booking)[1] for call in movable}
    try:
        calls = [*new_calls, *movable]
        eligible = [_candidates(board, call, current.get(call.booking)) for call in calls]
        return _solve(board, calls, eligible, current, seconds, all_of_them)
    finally:
        for call in movable:
            board.put(call, current[call.booking])


def place_by_window(
    board: SeatBoard, demand: Demand, *, seconds: float, days: Collection[int] | None = None, around: int = WINDOW
) -> Placement | None:
    """A witness for this call and the moves it requires, or None if no solution was found."""
    people = rearrange(board, [demand], seconds=seconds, days=days, around=around).people
    if people is None:
        return None
    moves = tuple(
        (booking, board.members[index].person)
        for booking, index in people.items()
        if booking in board.assignments and board.assignments[booking][1] != index
    )
    return Placement(board.members[people[demand.booking]].person, moves)


def _candidates(board: SeatBoard, call: Demand, witness: int | None) -> list[int]:
    """Indexes of its witness and of everybody who could take this call alongside their fixed calls, ignoring limits."""
    mask = board.idle(call, board.eligible(call))
    if witness is not None:
        mask |= 1 << witness
    return list(indexes_in(mask))


def _solve(
    board: SeatBoard,
    calls: list[Demand],
    eligible: list[list[int]],
    current: dict[int, int],
    seconds: float,
    all_of_them: bool,
) -> SolverResult:
    if all_of_them and not all(eligible):
        return SolverResult(None, len(calls) - 1, len(calls))
    column: dict[tuple[int, int], int] = {}
    for number, people in enumerate(eligible):
        for index in people:
            column[number, index] = len(column)
    if not column:
        return SolverResult({}, 0, len(calls))
    program = _Program()
    for number, people in enumerate(eligible):
        lowest = 1.0 if all_of_them else -np.inf
        program.add([column[number, index] for index in people], 1.0, lowest)
    for rows in (_overlaps, _days, _shifts, _reserves):
        for columns, values, high in rows(board, calls, eligible, column, current):
            program.add(columns, high, values=values)
    # Changing a call's person has a small cost, so that few calls change hands.
    served = 0.0 if all_of_them else -1.0
    cost = np.full(len(column), served)
    for (number, index), column_index in column.items():
        if current.get(calls[number].booking, index) != index:
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
        # If all must be served, any solution will do, so the first one ends the search.
        options={"time_limit": seconds, "mip_rel_gap": 1e9 if all_of_them else 0.0, "presolve": True},
    )
    bound = getattr(solved, "mip_dual_bound", None)
    at_most = len(calls) if bound is None or all_of_them else min(int(-bound + 1e-6), len(calls))
    if solved.x is None:
        return SolverResult(None, at_most, len(calls))
    people = {
        calls[number].booking: index for (number, index), column_index in column.items() if solved.x[column_index] > 0.5
    }
    return SolverResult(people, at_most, len(calls))


Rows = Iterator[tuple[list[int], list[float], float]]
Columns = dict[tuple[int, int], int]
"""Keyed by call number and person index."""


def _overlaps(
    board: SeatBoard, calls: list[Demand], eligible: list[list[int]], column: Columns, current: dict[int, int]
) -> Rows:
    """Whenever a call begins, a person has at most one of the calls in progress."""
    seen: set[tuple[int, ...]] = set()
    for beginning in calls:
        running = [number for number, call in enumerate(calls) if call.busy_from <= beginning.busy_from < call.end]
        by_person: dict[int, list[int]] = defaultdict(list)
        for number in running:
            for index in eligible[number]:
                by_person[index].append(column[number, index])
        for columns in by_person.values():
            if len(columns) > 1 and tuple(columns) not in seen:
                seen.add(tuple(columns))
                yield columns, [], 1.0


def _days(
    board: SeatBoard, calls: list[Demand], eligible: list[list[int]], column: Columns, current: dict[int, int]
) -> Rows:
    """Calls per day: of the calls whose limit is ``most`` or less, a person has at most ``most``."""
    by_day: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for number, call in enumerate(calls):
        for index in eligible[number]:
            by_day[index, call.day].append((number, call.terms.cap_of(board.members[index].title)))
    for (index, day), candidates in by_day.items():
        title = board.members[index].title
        fixed = [other.terms.cap_of(title) for other in board.calls_on_day(index, day)]
        for most in {cap for _, cap in candidates} | set(fixed):
            numbers = [number for number, cap in candidates if cap <= most]
            taken = sum(cap <= most for cap in fixed)
            if taken + len(numbers) > most:
                now = sum(current.get(calls[number].booking) == index for number in numbers)
                yield [column[number, index] for number in numbers], [], max(most - taken, now)


def _shifts(
    board: SeatBoard, calls: list[Demand], eligible: list[list[int]], column: Columns, current: dict[int, int]
) -> Rows:
    """Shift shares: calls whose plans allow at most a given share take up at most that share of a shift in total."""
    by_shift: dict[tuple[int, tuple[int, int]], list[int]] = defaultdict(list)
    for number, call in enumerate(calls):
        for index in eligible[number]:
            if call.terms.shift_percent < 100 and (shift := board.shift_at(index, call.begin)) is not None:
                by_shift[index, shift].append(number)
    for (index, shift), candidates in by_shift.items():
        fixed = board.calls_in_shift(index, shift)
        percents = {call.terms.shift_percent for call in [*fixed, *(calls[number] for number in candidates)]} - {100}
        for percent in percents:
            numbers = [number for number in candidates if calls[number].terms.shift_percent <= percent]
            lengths = [float(calls[number].end - calls[number].begin) for number in numbers]
            taken = sum(other.end - other.begin for other in fixed if other.terms.shift_percent <= percent)
            left = percent * (shift[1] - shift[0]) / 100 - taken
            if sum(lengths) > left:
                own = [current.get(calls[number].booking) == index for number in numbers]
                now = sum(length for length, is_own in zip(lengths, own, strict=True) if is_own)
                yield [column[number, index] for number in numbers], lengths, max(left, now)


def _reserves(
    board: SeatBoard, calls: list[Demand], eligible: list[list[int]], column: Columns, current: dict[int, int]
) -> Rows:
    """A team keeps its reserve whenever a call begins or a shift changes."""
    highest = max(call.terms.reserve for call in calls)
    for share in {share for share in {highest, *board.reserve.shares} if 0 < share <= highest}:
        numbers = [number for number, call in enumerate(calls) if call.terms.reserve >= share]
        begins, end = {calls[number].begin for number in numbers}, max(calls[number].end for number in numbers)
        for moment, on_shift, engaged in board.reserve.moments(min(begins), end, share, begins):
            running = [number for number in numbers if calls[number].begin <= moment < calls[number].end]
            for team in board.roster.teams.values():
                columns = [column[call, index] for call in running for index in eligible[call] if team >> index & 1]
                left = sellable((on_shift & team).bit_count(), share) - (engaged & team).bit_count()
                if len(columns) > left:
                    witnesses = (current.get(calls[number].booking) for number in running)
                    now = sum(index is not None and team >> index & 1 for index in witnesses)
                    yield columns, [], max(left, now)
