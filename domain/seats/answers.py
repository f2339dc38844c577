"""Which starts of a day can be sold: each found out once, as long as its seats stand as they stood.

The direct test and the proof of no are asked for every start; moving others takes long, so a page tries so many
people and no more, and the next page goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from domain.seats.board import SeatBoard
from domain.seats.demand import Demand
from domain.seats.infeasibility import proven_impossible
from domain.seats.search import Answer, Search

ASKED_AGAIN_AFTER = timedelta(minutes=1)
TRIES_A_START = 12
"""People tried for one start before it is left to the re-packer."""


@dataclass
class DayOfAnswers:
    """The starts of one day, for calls of one pool, one length and the same limits."""

    stands: Hashable
    """How the seats stood: the answers hold as long as they do."""
    known: dict[datetime, Answer] = field(default_factory=dict)
    _tried: set[datetime] = field(default_factory=set)
    """Those for which moving others was tried to the full."""
    prepared: dict[datetime, tuple[datetime, bool]] = field(default_factory=dict)
    """By start: when an arrangement was found for it, and whether it still does it."""
    refused: set[datetime] = field(default_factory=set)
    """For whom short moves found nobody, as far as a sale goes."""
    _unsolved: dict[datetime, datetime] = field(default_factory=dict)
    """When the solver found no arrangement for a start. It may have had too little time: it is asked again later."""

    def give_up(self, start: datetime, now: datetime) -> None:
        """The solver found no arrangement for it."""
        self._unsolved[start] = now

    def given_up(self, start: datetime, now: datetime) -> bool:
        """Whether the solver looked for it in vain a moment ago."""
        return start in self._unsolved and now - self._unsolved[start] < ASKED_AGAIN_AFTER

    def look(self, board: SeatBoard, starts: Sequence[datetime], sample: Demand) -> None:
        """The direct test and the proof of no, for those of which nothing is known yet.

        ``sample`` is what a call asks for, at any start of the day.
        """
        _, pool, begin, end, day, terms, _ = sample
        prepare, length = terms.prepare, end - begin
        for start in starts:
            if start not in self.known:
                begin = int(start.timestamp()) - prepare
                if board.roster.nobody(pool, begin):
                    self.known[start] = Answer.NO
                else:
                    self.known[start] = without_moves(board, Demand(-1, pool, begin, begin + length, day, terms))

    def move(self, board: SeatBoard, starts: Sequence[datetime], sample: Demand, tries: int) -> int:
        """Move one other for those that may be sold, as far as so many tried people go; how many were tried."""
        left = tries
        for start in starts:
            if left <= 0:
                break
            if self.known[start] is Answer.MAYBE and start not in self._tried:
                begin, most = int(start.timestamp()) - sample.terms.prepare, min(left, TRIES_A_START)
                search = Search(board, most)
                if search.place(sample._replace(begin=begin, end=begin + sample.end - sample.begin), 1):
                    self.known[start] = Answer.YES
                    search.undo()
                left -= most - search.tries
                if search.tries or most == TRIES_A_START:
                    self._tried.add(start)
        return tries - left


def without_moves(board: SeatBoard, demand: Demand) -> Answer:
    """The direct test and the proof of no."""
    wanted = board.eligible(demand)
    if not wanted:
        return Answer.NO
    if board.can_take(demand, wanted):
        return Answer.YES
    return Answer.NO if proven_impossible(board, demand, wanted) else Answer.MAYBE
