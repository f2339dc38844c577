"""Decides whether sold calls can be served, with an exact program built from people and calls only.

It is independent of the product's seat search: it knows no board and no witnesses. One variable per call and person;
whenever a call begins, each person has at most one of the running calls. Daily limits and reserves don't occur here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from domain.seats.demand import Demand, Member


def can_serve_all(
    members: Iterable[Member], pools: Mapping[int, frozenset[int]], calls: Sequence[Demand], seconds: float = 60.0
) -> bool | None:
    """True or False, proven; None if the solver runs out of time."""
    return _solve(list(members), pools, calls, seconds, all_of_them=True)[0]


def most_served(members: Iterable[Member], pools: Mapping[int, frozenset[int]], calls: Sequence[Demand]) -> int:
    """The most of these calls that can be served: exact, or an upper bound if the solver runs out of time."""
    return _solve(list(members), pools, calls, 60.0, all_of_them=False)[1]


def _solve(
    people: Sequence[Member],
    pools: Mapping[int, frozenset[int]],
    calls: Sequence[Demand],
    seconds: float,
    all_of_them: bool,
) -> tuple[bool | None, int]:
    x: dict[tuple[int, int], int] = {}
    for number, call in enumerate(calls):
        for member in people:
            on = any(begin <= call.begin and call.end <= end for begin, end in member.shifts)
            if on and member.person in pools[call.pool]:
                x[number, member.person] = len(x)
    of_call: dict[int, list[int]] = defaultdict(list)
    for (number, _), column in x.items():
        of_call[number].append(column)
    if len(of_call) < len(calls) and all_of_them:
        return False, len(of_call)
    if not x:
        return True, 0
    sets = [*of_call.values(), *_conflicts(people, calls, x)]
    rows = [row for row, columns in enumerate(sets) for _ in columns]
    matrix = csr_array((np.ones(len(rows)), (rows, [column for columns in sets for column in columns])))
    low = np.full(len(sets), -np.inf)
    if all_of_them:
        low[: len(of_call)] = 1.0
    solved = milp(
        np.full(len(x), 0.0 if all_of_them else -1.0),
        integrality=np.ones(len(x), dtype=np.int8),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(matrix, low, np.ones(len(sets))),
        options={"time_limit": seconds},
    )
    if all_of_them:
        return {0: True, 2: False}.get(int(solved.status)), len(calls)
    return None, len(calls) if solved.mip_dual_bound is None else int(-solved.mip_dual_bound + 1e-6)


def _conflicts(people: Sequence[Member], calls: Sequence[Demand], x: Mapping[tuple[int, int], int]) -> list[list[int]]:
    """Sets of variables of which at most one can be 1: a person's calls that run when one of them begins."""
    conflicts: dict[tuple[int, ...], None] = {}
    for moment in sorted({call.begin for call in calls}):
        running = [number for number, call in enumerate(calls) if call.begin <= moment < call.end]
        for member in people:
            columns = tuple(x[number, member.person] for number in running if (number, member.person) in x)
            if len(columns) > 1:
                conflicts[columns] = None
    return [list(columns) for columns in conflicts]
