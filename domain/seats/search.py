"""Finding a witness for one more call by moving the witnesses of a few others: short, bounded, exact in its yes.

The direct test first; then somebody whose calls in the way can themselves be given to others, to a depth, and
with at most so many tries. What it does not find may still exist: ``seat_window`` looks further.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from enum import Enum

from domain.seats.board import SeatBoard, indexes_in
from domain.seats.demand import Demand, Placement
from domain.seats.infeasibility import proven_impossible
from domain.seats.intervals import GroupKey

TRIES_TO_SELL = 300
"""People tried for one sale."""
IN_THE_WAY_AT_MOST = 3
"""Calls of one person that are moved at once for another."""


class Answer(Enum):
    YES = "yes"
    NO = "no"
    """Proven."""
    MAYBE = "maybe"


@dataclass
class Search:
    """One search on a board. It changes the board; ``undo`` takes back what it changed since ``mark``."""

    board: SeatBoard
    tries: int
    """How many people may still be tried."""
    days: Collection[int] | None = None
    """Only calls of these days may move; None: of any."""
    barred: int = 0
    """Nobody of these is given a call."""
    done: list[tuple[bool, Demand, int]] = field(default_factory=list)

    def place(self, demand: Demand, depth: int, barred: int = 0) -> bool:
        """Give this call to somebody, at most ``depth`` calls deep. The board holds it afterwards, or is as before."""
        eligible = self.board.eligible(demand) & ~(barred | self.barred)
        if free := self.board.can_take(demand, eligible):
            self._put(demand, (free & -free).bit_length() - 1)
            return True
        return depth > 0 and any(self._place_on(demand, index, depth) for index in self._by_obstacles(demand, eligible))

    def _by_obstacles(self, demand: Demand, eligible: int) -> Iterator[int]:
        """Those whose calls in the way may move, who have the fewest first."""
        having = [eligible, *[0] * (IN_THE_WAY_AT_MOST + 1)]
        stuck = 0
        for group in self.board.intervals.groups(demand.busy_from, demand.end):
            here = group.people & eligible
            if here:
                if not self._may_move_all(group.key):
                    stuck |= here
                for number in range(IN_THE_WAY_AT_MOST, -1, -1):
                    having[number + 1] |= having[number] & here
        stuck |= having[-1]
        for number in range(1, IN_THE_WAY_AT_MOST + 1):
            yield from indexes_in(having[number] & ~having[number + 1] & ~stuck)

    def may_move(self, call: Demand) -> bool:
        return not call.pinned and call.booking >= 0 and (self.days is None or call.day in self.days)

    def _may_move_all(self, calls: GroupKey) -> bool:
        return calls.sold and not calls.pinned and (self.days is None or calls.day in self.days)

    def _place_on(self, demand: Demand, index: int, depth: int) -> bool:
        if self.tries <= 0:
            return False
        self.tries -= 1
        began = self.mark()
        blocking = self.board.in_the_way(index, demand)
        if not all(map(self.may_move, blocking)):
            return False
        if depth == 1 and not all(self._has_another(call, 1 << index) for call in blocking):
            return False
        for call in blocking:
            self._take(call)
        if self.put(demand, index):
            longest_first = sorted(blocking, key=lambda call: call.begin - call.end)
            if all(self.place(call, depth - 1, 1 << index) for call in longest_first):
                return True
        self.undo(began)
        return False

    def _has_another(self, call: Demand, index: int) -> bool:
        """Whether somebody else has the time for this call, as the board stands: without one it can't move directly."""
        others = self.board.eligible(call) & ~(index | self.barred)
        return self.board.idle(call, others) & ~self.board.full(call.day, call.terms) != 0

    def mark(self) -> int:
        return len(self.done)

    def undo(self, mark: int = 0) -> None:
        while len(self.done) > mark:
            put, demand, index = self.done.pop()
            if put:
                self.board.take(demand.booking)
            else:
                self.board.put(demand, index)

    def take(self, booking: int) -> Demand:
        """Take this call off its person."""
        demand, _ = self.board.assignments[booking]
        self._take(demand)
        return demand

    def _take(self, demand: Demand) -> None:
        _, index = self.board.take(demand.booking)
        self.done.append((False, demand, index))

    def put(self, demand: Demand, index: int) -> bool:
        """Give this call to this person if the direct test allows it."""
        if not self.board.can_take(demand, self.board.eligible(demand) & 1 << index):
            return False
        self._put(demand, index)
        return True

    def _put(self, demand: Demand, index: int) -> None:
        self.board.put(demand, index)
        self.done.append((True, demand, index))

    def moved(self) -> dict[int, int]:
        """Every call that was touched and rests on somebody now, with that person."""
        return {
            booking: self.board.members[self.board.assignments[booking][1]].person
            for booking in dict.fromkeys(demand.booking for _, demand, _ in self.done)
            if booking in self.board.assignments
        }


def find_place(
    board: SeatBoard, demand: Demand, *, depth: int, tries: int, days: Collection[int] | None = None
) -> tuple[Placement | Answer, int]:
    """A witness for this call and the moves that it needs, ``Answer.NO`` with proof, or ``Answer.MAYBE``;
    and how many people were tried for it. The board is as before afterwards.
    """
    if free := board.can_take(demand):
        return Placement(board.members[(free & -free).bit_length() - 1].person), 0
    if proven_impossible(board, demand):
        return Answer.NO, 0
    search = Search(board, tries, days)
    if depth and search.place(demand, depth):
        found = search.moved()
        search.undo()
        moves = tuple((booking, person) for booking, person in found.items() if booking != demand.booking)
        return Placement(found[demand.booking], moves), tries - search.tries
    return Answer.MAYBE, tries - search.tries


def place_for_sale(board: SeatBoard, demand: Demand, days: Collection[int]) -> Placement | Answer:
    """As far as a sale goes while others wait for it: one or two others move, of these days only."""
    return find_place(board, demand, depth=2, tries=TRIES_TO_SELL, days=days)[0]


def apply_placement(
    board: SeatBoard, demand: Demand, placement: Placement, days: Collection[int] | None = None
) -> Search | None:
    """The search whose board has this witness, found some time ago; None where it does not hold any more."""
    search = Search(board, 0, days)
    moves = []
    for booking, person in placement.moves:
        # One that was given back since takes no room.
        if booking in board.assignments:
            standing, index = board.assignments[booking]
            if board.index_of.get(person) == index:
                continue
            if person not in board.index_of or not search.may_move(standing):
                search.undo()
                return None
            moves.append((search.take(booking), board.index_of[person]))
    if placement.person in board.index_of and all(
        search.put(call, index) for call, index in [(demand, board.index_of[placement.person]), *moves]
    ):
        return search
    search.undo()
    return None
