"""The solver of a round: which calls get somebody, and who gets which.

It answers two questions in turn, each exactly.

*Which calls*: the sets of calls that can be served together are the independent sets of a transversal matroid.
Therefore, going through the calls in order of urgency and adding each one that fits after rearranging those before it
(Kuhn's augmenting path) serves as many calls as possible, and never passes over a more urgent call for a less urgent
one (Edmonds and Fulkerson, "Transversals and matroid partition", 1965).

*Who gets which*: for exactly these calls, the assignment with the least total cost (Jonker and Volgenant, in SciPy). A
pair's cost is made of three whole numbers, whose sums are minimised lexicographically, in this order:

1. ``soft``: the weight of the soft constraints against asking this person (domain/rounds/eligibility.py),
2. ``rank``: how many of those who could take the call come before this person in the plan's order,
3. ``tie``: the stable draw between equals.

The three are packed into one number that a double represents exactly. If there are too many people for that, only the
draw becomes coarser.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

EXACT = 2.0**53
"""A double represents all whole numbers up to this one exactly."""


@dataclass(frozen=True)
class CostMatrix:
    """Every array has one row per call, most urgent first, and one column per person."""

    able: NDArray[np.bool_]
    soft: NDArray[np.int64]
    rank: NDArray[np.int64]
    tie: NDArray[np.int64]


def match(cost_matrix: CostMatrix) -> list[int | None]:
    """The column assigned to each call, or None if the call can't be served in this round."""
    matched: list[int | None] = [None] * len(cost_matrix.able)
    calls = servable(cost_matrix.able)
    if not calls:
        return matched
    cost = np.where(cost_matrix.able[calls], costs(cost_matrix, calls), np.inf)
    rows, columns = linear_sum_assignment(cost)
    for row, column in zip(rows, columns, strict=True):
        matched[calls[row]] = int(column)
    return matched


def costs(cost_matrix: CostMatrix, calls: list[int]) -> NDArray[np.float64]:
    """The packed costs of these calls; the total cost of an assignment is computed exactly."""
    number = len(calls)
    able = cost_matrix.able[calls]
    soft, rank, tie = (np.where(able, part[calls], 0) for part in (cost_matrix.soft, cost_matrix.rank, cost_matrix.tie))
    rank_base = number * int(rank.max()) + 1
    left_for_ties = EXACT / (number * int(soft.max()) * rank_base + rank_base)
    finest = max(int((left_for_ties - 1) / number), 0)
    most = int(tie.max())
    if most > finest:
        tie = tie * finest // most
    tie_base = number * int(tie.max()) + 1
    packed: NDArray[np.float64] = ((soft * rank_base + rank) * tie_base + tie).astype(np.float64)
    return packed


def servable(able: NDArray[np.bool_]) -> list[int]:
    """The calls to serve, in order of urgency: as many as possible, preferring more urgent ones.

    Each call's people are one integer with a bit per person, so an augmenting path takes few operations.
    """
    rows = [int.from_bytes(np.packbits(row, bitorder="little").tobytes(), "little") for row in able]
    search = _Search(rows)
    return [call for call in range(len(rows)) if search.serve(call)]


class _Search:
    """A matching that grows call by call. People visited by a failed search are dead ends for every later call."""

    def __init__(self, rows: list[int]) -> None:
        self._rows = rows
        self._free = -1
        """Mask of people without a call."""
        self._dead_ends = 0
        """Mask of people from whom no free person can be reached."""
        self._call_of: dict[int, int] = {}
        self._person_of: dict[int, int] = {}

    def serve(self, call: int) -> bool:
        """Find somebody for this call such that every earlier call still has somebody. Returns whether that is
        possible.
        """
        seen, reached_from, queue = self._dead_ends, dict[int, int](), [call]
        for one in queue:
            new = self._rows[one] & ~seen
            if free := new & self._free:
                self._augment(call, one, _lowest(free), reached_from)
                return True
            seen |= new
            while new:
                person = _lowest(new)
                reached_from[person] = one
                queue.append(self._call_of[person])
                new &= new - 1
        self._dead_ends = seen
        return False

    def _augment(self, root: int, call: int, person: int, reached_from: dict[int, int]) -> None:
        self._free &= ~(1 << person)
        while True:
            previous = self._person_of.get(call)
            self._person_of[call], self._call_of[person] = person, call
            if call == root or previous is None:
                return
            person, call = previous, reached_from[previous]


def _lowest(bits: int) -> int:
    return (bits & -bits).bit_length() - 1


def warm_up() -> None:
    """Solve a small problem, so that the first real round doesn't wait for the solver to load."""
    zeros = np.zeros((2, 3), dtype=np.int64)
    match(CostMatrix(np.ones((2, 3), dtype=np.bool_), zeros, zeros, zeros))
