"""The solver of a round, compared with two that share no code with it: exhaustive search, and an integer program."""

from __future__ import annotations

from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import LinearConstraint, milp
from scipy.sparse import coo_array

from domain.rounds.matching import EXACT, CostMatrix, costs, match, servable

Assignment = tuple[int | None, ...]


def cost_matrix(able: NDArray[np.bool_], seed: int, most: int = 4) -> CostMatrix:
    drawn = np.random.default_rng(seed)
    return CostMatrix(
        able,
        drawn.choice(np.array([0, 0, 0, 1, 2, 4]), able.shape).astype(np.int64),
        drawn.integers(0, most, able.shape),
        drawn.integers(0, most, able.shape),
    )


@st.composite
def small(draw: st.DrawFn) -> CostMatrix:
    calls, people = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    able = draw(st.lists(st.lists(st.booleans(), min_size=people, max_size=people), min_size=calls, max_size=calls))
    return cost_matrix(np.array(able, dtype=np.bool_), draw(st.integers(0, 2**32 - 1)))


def every_assignment(able: NDArray[np.bool_]) -> list[Assignment]:
    calls, people = able.shape
    found = []
    for size in range(min(calls, people) + 1):
        for served in combinations(range(calls), size):
            for chosen in permutations(range(people), size):
                if all(able[call, person] for call, person in zip(served, chosen, strict=True)):
                    given_to = dict(zip(served, chosen, strict=True))
                    found.append(tuple(given_to.get(call) for call in range(calls)))
    return found


def worth(matrix: CostMatrix, assignment: Assignment) -> tuple[tuple[bool, ...], int, int, int]:
    """Smaller is better: first which calls are served, the more urgent before the less, then each cost in turn."""
    pairs = [(call, person) for call, person in enumerate(assignment) if person is not None]
    unserved = tuple(person is None for person in assignment)
    soft, rank, tie = (sum(int(part[pair]) for pair in pairs) for part in (matrix.soft, matrix.rank, matrix.tie))
    return unserved, soft, rank, tie


@given(small())
@settings(max_examples=150, deadline=None)
def test_no_assignment_is_better(matrix: CostMatrix) -> None:
    found = tuple(match(matrix))
    people = [person for person in found if person is not None]
    assert len(people) == len(set(people)), "somebody has two calls"
    possible = every_assignment(matrix.able)
    assert found in possible
    assert worth(matrix, found) == min(worth(matrix, other) for other in possible)
    assert len(people) == max(sum(person is not None for person in other) for other in possible)


@pytest.mark.parametrize(("calls", "people", "share", "seed"), [(40, 50, 0.1, 1), (60, 40, 0.08, 2), (25, 25, 0.2, 3)])
def test_an_integer_program_finds_nothing_better(calls: int, people: int, share: float, seed: int) -> None:
    """HiGHS on the same problem, without our order of urgency."""
    drawn = np.random.default_rng(seed)
    matrix = cost_matrix(drawn.random((calls, people)) < share, seed, most=people)
    found = match(matrix)
    served = [call for call, person in enumerate(found) if person is not None]
    assert len(served) == _most(matrix.able)
    # Urgency: of the first n calls, as many are served as possible, for every n.
    for first in range(1, calls + 1, 7):
        assert len([call for call in served if call < first]) == _most(matrix.able[:first])
    price = costs(matrix, served)
    ours = sum(price[row, found[call]] for row, call in enumerate(served))
    assert ours == _cheapest(matrix.able[served], price)


def _most(able: NDArray[np.bool_]) -> int:
    """How many calls can be served together, by an integer program."""
    return round(-_solved(able, -np.ones(able.shape), least=0))


def _cheapest(able: NDArray[np.bool_], price: NDArray[np.float64]) -> float:
    """The least total price at which every call is served, by an integer program."""
    return round(_solved(able, price, least=1))


def _solved(able: NDArray[np.bool_], price: NDArray[np.float64], least: int) -> float:
    calls, people = np.nonzero(able)
    pairs = len(calls)
    rows = np.concatenate([calls, able.shape[0] + people])
    once = coo_array((np.ones(2 * pairs), (rows, np.tile(np.arange(pairs), 2))), shape=(sum(able.shape), pairs))
    lower = np.concatenate([np.full(able.shape[0], least), np.zeros(able.shape[1])])
    whole = np.ones(pairs, dtype=np.int64)
    solved = milp(price[calls, people], constraints=LinearConstraint(once, lower, 1), integrality=whole)
    assert solved.success
    return float(solved.fun)


def test_the_best_person_goes_to_the_call_that_has_only_them() -> None:
    able = np.array([[True, True], [True, False]])
    nothing = np.zeros((2, 2), dtype=np.int64)
    rank = np.array([[0, 1], [0, 0]])
    assert match(CostMatrix(able, nothing, rank, nothing)) == [1, 0]


def test_the_more_urgent_call_is_served_if_only_one_can_be() -> None:
    able = np.array([[False, True], [False, True], [True, True]])
    nothing = np.zeros((3, 2), dtype=np.int64)
    assert match(CostMatrix(able, nothing, nothing, nothing)) == [1, None, 0]


def test_a_call_that_nobody_can_take_does_not_hide_those_behind_it() -> None:
    able = np.array([[False, False], [True, True], [True, True], [True, True]])
    assert servable(able) == [1, 2]
    assert servable(np.zeros((3, 0), dtype=np.bool_)) == []


def test_costs_stay_exact_for_a_full_round_of_two_thousand_people() -> None:
    """The draw between equals may get coarser; the other costs never do."""
    number, people = 500, 2000
    drawn = np.random.default_rng(4)
    matrix = CostMatrix(
        np.ones((number, people), dtype=np.bool_),
        np.full((number, people), 7, dtype=np.int64),
        np.tile(drawn.permutation(people), (number, 1)).astype(np.int64),
        np.tile(np.arange(people), (number, 1)),
    )
    packed = costs(matrix, list(range(number)))
    assert packed.max() * number < EXACT
    step = packed[0][matrix.rank[0] == 1][0] - packed[0][matrix.rank[0] == 0][0]
    assert step > 0
    order = np.argsort(packed[0], kind="stable")
    assert (np.diff(matrix.rank[0][order]) >= 0).all()
