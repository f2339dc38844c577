"""The solver keeps a team's reserve next to calls that it may not move."""

from __future__ import annotations

from domain.seats.board import SeatBoard
from domain.seats.demand import Demand, Member, Terms
from domain.seats.solver import place_by_window, rearrange

DAY = 0
HALF = Terms(reserve=50)
WHOLE_SHIFT = ((0, 1000),)
ENGINEERS, CLERKS = 1, 2


def board() -> SeatBoard:
    """Four people of one team, two of whom stay free of calls, and two of another, one of whom does."""
    teams = {1: ENGINEERS, 2: ENGINEERS, 3: ENGINEERS, 4: ENGINEERS, 5: CLERKS, 6: CLERKS}
    members = [Member(person, team, 1, 1, WHOLE_SHIFT) for person, team in teams.items()]
    return SeatBoard(members, {1: [1, 2, 3, 4], 2: [1, 2, 3, 4, 5, 6]})


def sold(board: SeatBoard, booking: int, person: int, begin: int = 100, *, terms: Terms = HALF) -> None:
    board.put(Demand(booking, 1, begin, begin + 100, DAY, terms, pinned=True), board.index_of[person])


def demand(booking: int = -1, begin: int = 100, *, pool: int = 1, terms: Terms = HALF) -> Demand:
    return Demand(booking, pool, begin, begin + 100, DAY, terms)


def test_calls_that_stay_count_against_the_reserve() -> None:
    full = board()
    sold(full, 1, person=1)
    assert place_by_window(full, demand(), seconds=5.0) is not None
    sold(full, 2, person=2)
    assert place_by_window(full, demand(), seconds=5.0) is None
    assert rearrange(full, [demand(-1), demand(-2)], seconds=5.0, all_of_them=False).people == {}


def test_only_the_part_of_the_team_that_may_be_sold_is_given_calls() -> None:
    half = board()
    sold(half, 1, person=1)
    found = rearrange(half, [demand(-1), demand(-2), demand(-3)], seconds=5.0, all_of_them=False).people
    assert found is not None
    assert len(found) == 1


def test_another_team_and_another_time_have_a_reserve_of_their_own() -> None:
    full = board()
    for booking, person in ((1, 1), (2, 2)):
        sold(full, booking, person)
    assert place_by_window(full, demand(begin=200), seconds=5.0) is not None
    assert place_by_window(full, demand(begin=199), seconds=5.0) is None
    clerks = rearrange(full, [demand(-1, pool=2), demand(-2, pool=2)], seconds=5.0, all_of_them=False).people
    assert clerks is not None
    assert [full.members[index].team for index in clerks.values()] == [CLERKS]


def test_calls_of_plans_without_a_reserve_take_none_of_it() -> None:
    busy = board()
    for booking, person in ((1, 1), (2, 2)):
        sold(busy, booking, person, terms=Terms())
    assert place_by_window(busy, demand(), seconds=5.0) is not None
