"""Which of a day's start times can be sold: each answer is computed once, and cached until seats change.

Every start time gets the direct test and, if that finds nobody, an attempt to prove that it is gone. Moving other calls
is slow, so each page request tries only a limited number of people, and the next request continues where it stopped.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from domain.seats.board import SeatBoard
from domain.seats.demand import Demand
from domain.seats.infeasibility import proven_gone
from domain.seats.search import Answer, Search

SOLVER_RETRY_AFTER = timedelta(minutes=1)
TRIES_A_START = 12
"""How many people are tried for one start time before it is left to the solver."""


@dataclass
class DayOfAnswers:
    """One day's start times, for calls with the same pool, length and limits."""

    version: Hashable
    """The versions of the days whose seats matter; the answers are valid until one of them changes."""
    answers: dict[datetime, Answer] = field(default_factory=dict)
    prepared: dict[datetime, tuple[datetime, bool]] = field(default_factory=dict)
    """For each start time, when its prepared move was found, and whether it still fits."""
    no_short_move: set[datetime] = field(default_factory=set)
    """Start times for which a sale's search found nobody."""
    _tried: set[datetime] = field(default_factory=set)
    """Start times for which a page has already tried as many moves as it is allowed to."""
    _unsolved: dict[datetime, datetime] = field(default_factory=dict)
    """For each start time, when the solver last found nothing.

    It may just have run out of time, so it is run again later.
    """

    def note_unsolved(self, start: datetime, now: datetime) -> None:
        """Record that the solver found nothing for this start time."""
        self._unsolved[start] = now

    def recently_unsolved(self, start: datetime, now: datetime) -> bool:
        """Whether the solver failed to find anything for this start time within the last minute."""
        return start in self._unsolved and now - self._unsolved[start] < SOLVER_RETRY_AFTER

    def answer_directly(self, board: SeatBoard, starts: Sequence[datetime], sample: Demand) -> None:
        """Answer the start times that have no answer yet, using the direct test and the proof.

        ``sample`` is the demand of a call at any of the day's start times.
        """
        _, pool, begin, end, day, terms, _ = sample
        prepare, length = terms.prepare, end - begin
        for start in starts:
            if start not in self.answers:
                begin = int(start.timestamp()) - prepare
                if board.roster.nobody_on_shift(pool, begin):
                    self.answers[start] = Answer.NO
                else:
                    self.answers[start] = direct_answer(board, Demand(-1, pool, begin, begin + length, day, terms))

    def answer_with_moves(self, board: SeatBoard, starts: Sequence[datetime], sample: Demand, tries: int) -> int:
        """Try moving one other call for each start time whose answer is MAYBE, until ``tries`` people have been tried.

        Returns how many people were tried.
        """
        left = tries
        for start in starts:
            if left <= 0:
                break
            if self.answers[start] is Answer.MAYBE and start not in self._tried:
                begin, most = int(start.timestamp()) - sample.terms.prepare, min(left, TRIES_A_START)
                search = Search(board, most)
                if search.place(sample._replace(begin=begin, end=begin + sample.end - sample.begin), 1):
                    self.answers[start] = Answer.YES
                    search.undo()
                left -= most - search.tries
                if search.tries or most == TRIES_A_START:
                    self._tried.add(start)
        return tries - left


def direct_answer(board: SeatBoard, demand: Demand) -> Answer:
    """Answer using the direct test and the proof, without moving any calls."""
    eligible = board.eligible(demand)
    if not eligible:
        return Answer.NO
    if board.can_take(demand, eligible):
        return Answer.YES
    return Answer.NO if proven_gone(board, demand, eligible) else Answer.MAYBE
