"""Find a witness for one more call by moving a few others: a short, bounded search whose solutions are always valid.

The direct test comes first; then the search tries people whose conflicting calls can go to others, up to a maximum
depth and number of tries. If this finds nothing, a solution may still exist: ``solver`` searches further.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from enum import Enum

from domain.seats.board import SeatBoard, indexes_in
from domain.seats.demand import Demand, Placement
from domain.seats.infeasibility import proven_gone
from domain.seats.intervals import GroupKey

TRIES_TO_SELL = 300
"""How many people are tried for one sale."""
MOST_CONFLICTS = 3
"""The maximum number of one person's calls that are moved together to make room for another call."""


class Answer(Enum):
    YES = "yes"
    NO = "no"
    """Proven impossible."""
    MAYBE = "maybe"


@dataclass
class Search:
    """One search on a board. It changes the board; ``undo`` reverts the changes since a ``mark``."""

    board: SeatBoard
    tries: int
    """How many more people may be tried."""
    days: Collection[int] | None = None
    """Only calls on these days may move; None allows any day."""
    excluded: int = 0
    """Mask of people who get no call."""
    undo_log: list[tuple[bool, Demand, int]] = field(default_factory=list)
    """For each change so far: whether the call was put or taken, the call, and the person index."""

    def place(self, demand: Demand, depth: int, excluded: int = 0) -> bool:
        """Give this call to somebody, moving other calls at most ``depth`` levels deep.

        If it fails, the board is unchanged.
        """
        eligible = self.board.eligible(demand) & ~(excluded | self.excluded)
        if free := self.board.can_take(demand, eligible):
            self._put(demand, (free & -free).bit_length() - 1)
            return True
        return depth > 0 and any(self._place_on(demand, index, depth) for index in self._by_conflicts(demand, eligible))

    def _by_conflicts(self, demand: Demand, eligible: int) -> Iterator[int]:
        """People whose conflicting calls may all move, starting with those who have the fewest."""
        # For each number, the mask of people with at least that many conflicting calls.
        with_conflicts = [eligible, *[0] * (MOST_CONFLICTS + 1)]
        immovable = 0
        for group in self.board.intervals.groups(demand.busy_from, demand.end):
            people = group.people & eligible
            if people:
                if not self._may_move_all(group.key):
                    immovable |= people
                for number in range(MOST_CONFLICTS, -1, -1):
                    with_conflicts[number + 1] |= with_conflicts[number] & people
        immovable |= with_conflicts[-1]
        for number in range(1, MOST_CONFLICTS + 1):
            yield from indexes_in(with_conflicts[number] & ~with_conflicts[number + 1] & ~immovable)

    def may_move(self, call: Demand) -> bool:
        return not call.pinned and call.booking >= 0 and (self.days is None or call.day in self.days)

    def _may_move_all(self, calls: GroupKey) -> bool:
        return calls.sold and not calls.pinned and (self.days is None or calls.day in self.days)

    def _place_on(self, demand: Demand, index: int, depth: int) -> bool:
        if self.tries <= 0:
            return False
        self.tries -= 1
        mark = self.mark()
        conflicts = self.board.conflicts(index, demand)
        if not all(map(self.may_move, conflicts)):
            return False
        if depth == 1 and not all(self._has_alternative(call, 1 << index) for call in conflicts):
            return False
        for call in conflicts:
            self._take(call)
        if self.put(demand, index):
            longest_first = sorted(conflicts, key=lambda call: call.begin - call.end)
            if all(self.place(call, depth - 1, 1 << index) for call in longest_first):
                return True
        self.undo(mark)
        return False

    def _has_alternative(self, call: Demand, excluded: int) -> bool:
        """Whether somebody else has time for this call on the current board; if not, it can't move directly."""
        others = self.board.eligible(call) & ~(excluded | self.excluded)
        return self.board.idle(call, others) & ~self.board.full(call.day, call.terms) != 0

    def mark(self) -> int:
        return len(self.undo_log)

    def undo(self, mark: int = 0) -> None:
        while len(self.undo_log) > mark:
            put, demand, index = self.undo_log.pop()
            if put:
                self.board.take(demand.booking)
            else:
                self.board.put(demand, index)

    def take(self, booking: int) -> Demand:
        """Remove this call from its witness."""
        demand, _ = self.board.assignments[booking]
        self._take(demand)
        return demand

    def _take(self, demand: Demand) -> None:
        _, index = self.board.take(demand.booking)
        self.undo_log.append((False, demand, index))

    def put(self, demand: Demand, index: int) -> bool:
        """Give this call to this person if the direct test allows it."""
        if not self.board.can_take(demand, self.board.eligible(demand) & 1 << index):
            return False
        self._put(demand, index)
        return True

    def _put(self, demand: Demand, index: int) -> None:
        self.board.put(demand, index)
        self.undo_log.append((True, demand, index))

    def moved(self) -> dict[int, int]:
        """For each booking whose call was touched and now has a witness, the id of that witness."""
        return {
            booking: self.board.members[self.board.assignments[booking][1]].person
            for booking in dict.fromkeys(demand.booking for _, demand, _ in self.undo_log)
            if booking in self.board.assignments
        }


def find_place(
    board: SeatBoard, demand: Demand, *, depth: int, tries: int, days: Collection[int] | None = None
) -> tuple[Placement | Answer, int]:
    """Find a witness for this call and the moves it needs. The board is unchanged afterwards.

    Returns the placement, ``Answer.NO`` if it is proven that there is none, or ``Answer.MAYBE``. The second value is
    how many people were tried.
    """
    if free := board.can_take(demand):
        return Placement(board.members[(free & -free).bit_length() - 1].person), 0
    if proven_gone(board, demand):
        return Answer.NO, 0
    search = Search(board, tries, days)
    if depth and search.place(demand, depth):
        people = search.moved()
        search.undo()
        moves = tuple((booking, person) for booking, person in people.items() if booking != demand.booking)
        return Placement(people[demand.booking], moves), tries - search.tries
    return Answer.MAYBE, tries - search.tries


def place_for_sale(board: SeatBoard, demand: Demand, days: Collection[int]) -> Search | None:
    """Place a call using the short search that a sale has time for: moves up to two levels deep, only on these days.

    Returns the search that changed the board, or None if it found nobody, in which case the board is unchanged.
    """
    search = Search(board, TRIES_TO_SELL, days)
    if search.place(demand, 0):
        return search
    return search if not proven_gone(board, demand) and search.place(demand, 2) else None


def apply_placement(
    board: SeatBoard, demand: Demand, placement: Placement, days: Collection[int] | None = None
) -> Search | None:
    """Apply a placement found earlier.

    Returns the search that changed the board, or None if the placement no longer fits, in which case the board is
    unchanged.
    """
    search = Search(board, 0, days)
    moves = []
    for booking, person in placement.moves:
        # A booking that has since been cancelled takes no time.
        if booking in board.assignments:
            existing, index = board.assignments[booking]
            if board.index_of.get(person) == index:
                continue
            if person not in board.index_of or not search.may_move(existing):
                search.undo()
                return None
            moves.append((search.take(booking), board.index_of[person]))
    if placement.person in board.index_of and all(
        search.put(call, index) for call, index in [(demand, board.index_of[placement.person]), *moves]
    ):
        return search
    search.undo()
    return None
