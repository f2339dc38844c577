"""Whether sold calls can be served: an exact program built from people and calls alone, beside the product's ladder.

One variable a call and person; at each instant at which a call begins a person has one of those that run.
It knows no board and no witness. Limits of a day or a reserve are not part of these desks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from domain.seat_terms import Demand, Member


def can_serve_all(
    members: Iterable[Member], pools: Mapping[int, frozenset[int]], calls: Sequence[Demand], seconds: float = 60.0
) -> bool | None:
    """Proven yes or no; None where the solver could not tell in time."""
    people = list(members)
    x: dict[tuple[int, int], int] = {}
    for number, call in enumerate(calls):
        for member in people:
            on = any(begin <= call.begin and call.end <= end for begin, end in member.shifts)
            if on and member.person in pools[call.pool]:
                x[number, member.person] = len(x)
    of_call: dict[int, list[int]] = defaultdict(list)
    for (number, _), column in x.items():
        of_call[number].append(column)
    if len(of_call) < len(calls):
        return False
    rows: list[int] = []
    columns: list[int] = []
    high: list[int] = []
    for number in range(len(calls)):
        rows += [len(high)] * len(of_call[number])
        columns += of_call[number]
        high.append(1)
    seen = set()
    for moment in sorted({call.begin for call in calls}):
        together: dict[int, list[int]] = defaultdict(list)
        for number, call in enumerate(calls):
            if call.begin <= moment < call.end:
                for member in people:
                    if (number, member.person) in x:
                        together[member.person].append(x[number, member.person])
        for several in together.values():
            if len(several) > 1 and tuple(several) not in seen:
                seen.add(tuple(several))
                rows += [len(high)] * len(several)
                columns += several
                high.append(1)
    matrix = csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(high), len(x)))
    low = np.array([1.0] * len(calls) + [-np.inf] * (len(high) - len(calls)))
    solved = milp(
        np.zeros(len(x)),
        integrality=np.ones(len(x), dtype=np.int8),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(matrix, low, np.array(high, dtype=float)),
        options={"time_limit": seconds},
    )
    return {0: True, 2: False}.get(int(solved.status))
