"""The oracle: whether calls can be served at all, by an exact program that shares no code with the product's solver.

It knows no board, no witness and no ladder. One variable per call and person; conflicts pair by pair, days and shifts
counted call by call, reserves at every instant at which something begins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import combinations
from math import ceil

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import lil_array


@dataclass(frozen=True)
class OraclePerson:
    person: int
    team: int
    shifts: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class OracleCall:
    """One call: when it occupies somebody, who may take it, and the limits it was sold under."""

    begin: int
    end: int
    talk: int
    """When the talk begins."""
    people: Set[int]
    day: int
    gap: int = 0
    cap: int = 99
    reserve: int = 0
    shift_percent: int = 100
    shift_end: int = 0


def can_serve_all(people: Sequence[OraclePerson], calls: Sequence[OracleCall]) -> bool:
    """Proven yes or no. Raises ``RuntimeError`` if the solver can't tell."""
    x: dict[tuple[int, int], int] = {}
    for number, call in enumerate(calls):
        for one in people:
            if one.person in call.people and _shift_of(one, call) is not None:
                x[number, one.person] = len(x)
    if any(all((number, one.person) not in x for one in people) for number in range(len(calls))):
        return False
    if not calls:
        return True
    rows: list[tuple[dict[int, float], float, float]] = [
        ({x[number, one.person]: 1.0 for one in people if (number, one.person) in x}, 1.0, 1.0)
        for number in range(len(calls))
    ]
    rows += [
        ({x[first, one.person]: 1.0, x[second, one.person]: 1.0}, 0.0, 1.0)
        for first, second in combinations(range(len(calls)), 2)
        if _too_close(calls[first], calls[second])
        for one in people
        if (first, one.person) in x and (second, one.person) in x
    ]
    rows += _day_rows(people, calls, x) + _shift_rows(people, calls, x) + _reserve_rows(people, calls, x)
    matrix = lil_array((len(rows), len(x)))
    for position, (coefficients, _, _) in enumerate(rows):
        for column, value in coefficients.items():
            matrix[position, column] = value
    bounds = LinearConstraint(matrix.tocsr(), np.array([row[1] for row in rows]), np.array([row[2] for row in rows]))
    solved = milp(np.zeros(len(x)), integrality=np.ones(len(x), dtype=np.int8), bounds=Bounds(0, 1), constraints=bounds)
    if solved.status not in (0, 2):
        raise RuntimeError(solved.message)
    return bool(solved.status == 0)


def _too_close(one: OracleCall, other: OracleCall) -> bool:
    earlier, later = sorted((one, other), key=lambda call: (call.begin, call.end))
    if earlier.begin == later.begin:
        return True
    return later.begin - later.gap < earlier.end


def _shift_of(one: OraclePerson, call: OracleCall) -> tuple[int, int] | None:
    """The shift of this person that covers the whole call."""
    for begin, end in one.shifts:
        if begin <= call.begin and call.end <= end and (not call.shift_end or call.talk + call.shift_end < end):
            return begin, end
    return None


Rows = list[tuple[dict[int, float], float, float]]
Variables = Mapping[tuple[int, int], int]


def _day_rows(people: Sequence[OraclePerson], calls: Sequence[OracleCall], x: Variables) -> Rows:
    return [
        (row, 0.0, float(cap))
        for day in {call.day for call in calls}
        for cap in {call.cap for call in calls}
        for one in people
        if (
            row := {
                x[number, one.person]: 1.0
                for number, call in enumerate(calls)
                if call.day == day and call.cap <= cap and (number, one.person) in x
            }
        )
    ]


def _shift_rows(people: Sequence[OraclePerson], calls: Sequence[OracleCall], x: Variables) -> Rows:
    return [
        (row, 0.0, percent * (shift[1] - shift[0]) / 100)
        for percent in {call.shift_percent for call in calls} - {100}
        for one in people
        for shift in one.shifts
        if (
            row := {
                x[number, one.person]: float(call.end - call.begin)
                for number, call in enumerate(calls)
                if (number, one.person) in x and call.shift_percent <= percent and _shift_of(one, call) == shift
            }
        )
    ]


def _reserve_rows(people: Sequence[OraclePerson], calls: Sequence[OracleCall], x: Variables) -> Rows:
    rows: Rows = []
    moments = {call.begin for call in calls} | {edge for one in people for span in one.shifts for edge in span}
    for share in {call.reserve for call in calls} - {0}:
        for team in {one.team for one in people}:
            for moment in moments:
                mates = [one for one in people if one.team == team]
                on_shift = sum(any(begin <= moment < end for begin, end in one.shifts) for one in mates)
                row = {
                    x[number, one.person]: 1.0
                    for number, call in enumerate(calls)
                    for one in mates
                    if call.reserve >= share and call.begin <= moment < call.end and (number, one.person) in x
                }
                rows.append((row, 0.0, float(on_shift - ceil(on_shift * share / 100))))
    return rows
