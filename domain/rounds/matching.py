"""The solver of a round: which calls get somebody, and who gets which.

Two questions, one after the other, each answered exactly.

*Which calls*: the sets of calls that can be served at once are the independent sets of a transversal matroid, so
taking the calls in order of urgency, and each whenever a re-arrangement of those before it makes room (Kuhn's
augmenting path), serves as many calls as can be served and never passes over a more urgent call for a less
urgent one (Edmonds and Fulkerson, "Transversals and matroid partition", 1965).

*Who gets which*: for exactly these calls the assignment of least total cost (Jonker and Volgenant, in SciPy).
The cost of a pair is lexicographic, made of three whole numbers, smallest sum first:

1. ``against``: what speaks against asking this person at all (domain/rounds/eligibility.py),
2. ``rank``: how many of those who could take the call stand before them in the plan's order,
3. ``tie``: the stable draw between equals.

The numbers are packed into one that is exact in a double; where there are too many people for that, the draw is
made coarser, and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

EXACT = 2.0**53
"""Whole numbers up to this one are exact in a double."""


@dataclass(frozen=True)
class CostMatrix:
    """Calls, most urgent first, by people: every array has one row a call and one column a person."""

    able: NDArray[np.bool_]
    against: NDArray[np.int64]
    rank: NDArray[np.int64]
    tie: NDArray[np.int64]


def match(cost_matrix: CostMatrix) -> list[int | None]:
    """The column that each call gets, or None where it can't be served in this round."""
    found: list[int | None] = [None] * len(cost_matrix.able)
    calls = servable(cost_matrix.able)
    if not calls:
        return found
    cost = np.where(cost_matrix.able[calls], costs(cost_matrix, calls), np.inf)
    rows, columns = linear_sum_assignment(cost)
    for row, column in zip(rows, columns, strict=True):
        found[calls[row]] = int(column)
    return found


def costs(cost_matrix: CostMatrix, calls: list[int]) -> NDArray[np.float64]:
    """The packed costs of these calls; the sum over an assignment is exact."""
    number = len(calls)
    able = cost_matrix.able[calls]
    against, rank, tie = (
        np.where(able, part[calls], 0) for part in (cost_matrix.against, cost_matrix.rank, cost_matrix.tie)
    )
    worth_of_rank = number * int(rank.max()) + 1
    room = EXACT / (number * int(against.max()) * worth_of_rank + worth_of_rank)
    finest = max(int((room - 1) / number), 0)
    most = int(tie.max())
    if most > finest:
        tie = tie * finest // most
    worth_of_tie = number * int(tie.max()) + 1
    packed: NDArray[np.float64] = ((against * worth_of_rank + rank) * worth_of_tie + tie).astype(np.float64)
    return packed


def servable(able: NDArray[np.bool_]) -> list[int]:
    """The calls to be served, in order of urgency: as many as can be, the more urgent first.

    One integer a call stands for those who could take it, a bit a person, so that looking for a way is a few
    operations on whole rows.
    """
    rows = [int.from_bytes(np.packbits(row, bitorder="little").tobytes(), "little") for row in able]
    search = _Search(rows)
    return [call for call in range(len(rows)) if search.serve(call)]


class _Search:
    """A matching that grows call by call. What a failed search has seen leads nowhere, for any later call."""

    def __init__(self, rows: list[int]) -> None:
        self._rows = rows
        self._free = -1
        """Bits of the people who have no call."""
        self._dead = 0
        """Bits of the people from whom no free one can be reached any more."""
        self._call_of: dict[int, int] = {}
        self._person_of: dict[int, int] = {}

    def serve(self, call: int) -> bool:
        """Find somebody for this call, those before it keeping somebody each; whether there is a way."""
        seen, via, looked_at = self._dead, dict[int, int](), [call]
        for one in looked_at:
            new = self._rows[one] & ~seen
            if free := new & self._free:
                self._give(call, one, _lowest(free), via)
                return True
            seen |= new
            while new:
                person = _lowest(new)
                via[person] = one
                looked_at.append(self._call_of[person])
                new &= new - 1
        self._dead = seen
        return False

    def _give(self, root: int, call: int, person: int, via: dict[int, int]) -> None:
        self._free &= ~(1 << person)
        while True:
            before = self._person_of.get(call)
            self._person_of[call], self._call_of[person] = person, call
            if call == root or before is None:
                return
            person, call = before, via[before]


def _lowest(bits: int) -> int:
    return (bits & -bits).bit_length() - 1


def warm_up() -> None:
    """One small solve, so that the first real one does not pay for the loading."""
    some = np.zeros((2, 3), dtype=np.int64)
    match(CostMatrix(np.ones((2, 3), dtype=np.bool_), some, some, some))
