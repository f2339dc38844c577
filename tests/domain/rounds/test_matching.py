"""The solver of a round beside two others that share no line with it: exhaustive search, and an integer program."""

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


def worth(asked: CostMatrix, assignment: Assignment) -> tuple[tuple[bool, ...], int, int, int]:
    """Smaller is better: first who is served, the more urgent before the less, then each cost in turn."""
    pairs = [(call, person) for call, person in enumerate(assignment) if person is not None]
    unserved = tuple(person is None for person in assignment)
    against, rank, tie = (sum(int(part[pair]) for pair in pairs) for part in (asked.against, asked.rank, asked.tie))
    return unserved, against, rank, tie


@given(small())
@settings(max_examples=150, deadline=None)
def test_no_assignment_is_better(asked: CostMatrix) -> None:
    found = tuple(match(asked))
    people = [person for person in found if person is not None]
    assert len(people) == len(set(people)), "somebody has two calls"
    possible = every_assignment(asked.able)
    assert found in possible
    assert worth(asked, found) == min(worth(asked, other) for other in possible)
    assert len(people) == max(sum(person is not None for person in other) for other in possible)


@pytest.mark.parametrize(("calls", "people", "share", "seed"), [(40, 50, 0.1, 1), (60, 40, 0.08, 2), (25, 25, 0.2, 3)])
def test_an_integer_program_finds_nothing_better(calls: int, people: int, share: float, seed: int) -> None:
    """HiGHS on the same question, told nothing of the order in which ours is found."""
    drawn = np.random.default_rng(seed)
    asked = cost_matrix(drawn.random((calls, people)) < share, seed, most=people)
    found = match(asked)
    served = [call for call, person in enumerate(found) if person is not None]
    assert len(served) == _most(asked.able)
    # Urgency: of the first calls, as many are served as could be, however far down one looks.
    for first in range(1, calls + 1, 7):
        assert len([call for call in served if call < first]) == _most(asked.able[:first])
    price = costs(asked, served)
    ours = sum(price[row, found[call]] for row, call in enumerate(served))
    assert ours == _cheapest(asked.able[served], price)


def _most(able: NDArray[np.bool_]) -> int:
    """How many calls can be served at once, by an integer program."""
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


def test_a_best_person_is_given_up_where_somebody_else_has_only_them() -> None:
    able = np.array([[True, True], [True, False]])
    nothing = np.zeros((2, 2), dtype=np.int64)
    rank = np.array([[0, 1], [0, 0]])
    assert match(CostMatrix(able, nothing, rank, nothing)) == [1, 0]


def test_the_more_urgent_call_is_served_where_only_one_can_be() -> None:
    able = np.array([[False, True], [False, True], [True, True]])
    nothing = np.zeros((3, 2), dtype=np.int64)
    assert match(CostMatrix(able, nothing, nothing, nothing)) == [1, None, 0]


def test_a_call_that_nobody_can_take_hides_none_behind_it() -> None:
    able = np.array([[False, False], [True, True], [True, True], [True, True]])
    assert servable(able) == [1, 2]
    assert servable(np.zeros((3, 0), dtype=np.bool_)) == []


def test_costs_stay_exact_for_a_full_round_of_two_thousand_people() -> None:
    """The draw between equals may get coarser; what stands above it never does."""
    number, people = 500, 2000
    drawn = np.random.default_rng(4)
    asked = CostMatrix(
        np.ones((number, people), dtype=np.bool_),
        np.full((number, people), 7, dtype=np.int64),
        np.tile(drawn.permutation(people), (number, 1)).astype(np.int64),
        np.tile(np.arange(people), (number, 1)),
    )
    packed = costs(asked, list(range(number)))
    assert packed.max() * number < EXACT
    worth_of_tie = packed[0][asked.rank[0] == 1][0] - packed[0][asked.rank[0] == 0][0]
    assert worth_of_tie > 0
    order = np.argsort(packed[0], kind="stable")
    assert (np.diff(asked.rank[0][order]) >= 0).all()
