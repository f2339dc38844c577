"""People who are engaged get no seat until their time is over."""

from __future__ import annotations

from domain.seats.board import SeatBoard, indexes_in
from domain.seats.demand import Demand, Member, Terms

PEOPLE = [Member(person, 1, 1, 1, ((0, 1000),)) for person in (1, 2, 3)]


def free_at(board: SeatBoard, begin: int, *, gap: int = 0) -> set[int]:
    demand = Demand(-1, 1, begin, begin + 100, 0, Terms(gap=gap))
    return {board.members[index].person for index in indexes_in(board.can_take(demand))}


def test_an_engaged_person_is_free_from_the_second_they_are_engaged_until() -> None:
    board = SeatBoard(PEOPLE, {1: [1, 2, 3]})
    assert free_at(board, 0) == {1, 2, 3}
    board.engage({1: 200, 2: 300, 9: 900})
    assert free_at(board, 0) == free_at(board, 199) == {3}
    assert free_at(board, 200) == {1, 3}
    assert free_at(board, 300) == {1, 2, 3}
    assert free_at(board, 300, gap=1) == {1, 3}, "the gap comes after the running call"
    board.engage({})
    assert free_at(board, 0) == {1, 2, 3}


def test_a_seat_sold_on_somebody_engaged_stays_and_can_move_away() -> None:
    board = SeatBoard(PEOPLE[:2], {1: [1, 2]})
    sold = Demand(7, 1, 100, 200, 0, Terms())
    board.put(sold, board.index_of[1])
    board.engage({1: 500})
    assert board.assignments[7] == (sold, board.index_of[1])
    board.take(7)
    assert free_at(board, 100) == {2}
