"""Time cut at every instant at which a call begins or ends; in each piece, who is free and which calls run.

Calls alike (one pool, one time, the same limits) are one group with a mask of people, so what a piece is asked
costs as much as there are groups, however many people serve them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from domain.seats.assignments import CallGroup
from domain.seats.demand import Demand, Terms


class Like(NamedTuple):
    """What calls of one group have in common beside their time."""

    pool: int
    day: int
    terms: Terms
    pinned: bool
    sold: bool = True


class IntervalGroup:
    """Calls alike at one time, and the people whom they keep."""

    __slots__ = ("able", "begin", "end", "like", "people")

    def __init__(self, like: Like, begin: int, end: int, people: int) -> None:
        self.like = like
        self.begin = begin
        self.end = end
        self.people = people
        self.able: int | None = None
        """Who could have them at all, once somebody has asked."""

    @property
    def kind(self) -> Demand:
        """Any of them; its booking is zero where they are sold, and below where they are not."""
        like = self.like
        return Demand(0 if like.sold else -1, like.pool, self.begin, self.end, like.day, like.terms, like.pinned)


class Intervals:
    """Half-open pieces of time. Changed by ``put`` and ``take`` only."""

    def __init__(self, edges: Iterable[int], ones: Sequence[int]) -> None:
        self._edges = sorted({0, *edges})
        self._ones = ones
        self._idle = [(1 << len(ones)) - 1] * len(self._edges)
        self._running: list[list[IntervalGroup]] = [[] for _ in self._edges]
        self.proofs: dict[tuple[int, int], bool] = {}
        """What was proven of a piece, by its place and of whom it was asked; forgotten as soon as a call changes."""

    def lay(self, standing: Iterable[CallGroup]) -> None:
        """Put many calls on pieces that have none."""
        begins: dict[int, list[IntervalGroup]] = defaultdict(list)
        ends: dict[int, list[IntervalGroup]] = defaultdict(list)
        edges = set(self._edges)
        for alike in standing:
            gap = alike.terms.gap
            like = Like(alike.pool, alike.day, alike.terms, alike.pinned)
            for (begin, end), people in self._by_time(alike).items():
                group = IntervalGroup(like, begin, end, people)
                begins[begin - gap].append(group)
                ends[end].append(group)
            if gap:
                edges.update(alike.begins)
        self._edges = sorted(edges.union(begins, ends))
        self._sweep(begins, ends)

    def _by_time(self, alike: CallGroup) -> dict[tuple[int, int], int]:
        ones, found = self._ones, dict[tuple[int, int], int]()
        known = found.get
        # A pair is made once and looked up twice: half the time of a day's laying goes by here.
        for bit, times in zip(alike.people, zip(alike.begins, alike.ends, strict=True), strict=True):
            found[times] = known(times, 0) | ones[bit]
        return found

    def _sweep(self, begins: dict[int, list[IntervalGroup]], ends: dict[int, list[IntervalGroup]]) -> None:
        everybody = (1 << len(self._ones)) - 1
        running: dict[IntervalGroup, None] = {}
        busy, apart = 0, True
        self._idle, self._running = [], []
        for edge in self._edges:
            for group in ends.get(edge, ()):
                del running[group]
                busy ^= group.people
            for group in begins.get(edge, ()):
                running[group] = None
                # What stands may stand closer than new calls are sold.
                apart = apart and not busy & group.people
                busy |= group.people
            if not apart:
                busy = _people(running)
            self._idle.append(everybody ^ busy)
            self._running.append(list(running))

    # What can be asked.

    def idle(self, begin: int, end: int, mask: int) -> int:
        """Those of ``mask`` who have no call in this time."""
        for place in self._places(begin, end):
            mask &= self._idle[place]
            if not mask:
                break
        return mask

    def moments(self, begin: int, end: int) -> Iterator[tuple[int, int, list[IntervalGroup]]]:
        """Each piece of this time: its place, those who have no call, and the calls that run."""
        for place in self._places(begin, end):
            yield place, self._idle[place], self._running[place]

    def groups(self, begin: int, end: int) -> Iterable[IntervalGroup]:
        """The calls that run at some moment of this time, each group once."""
        found: dict[IntervalGroup, None] = {}
        for place in self._places(begin, end):
            found.update(dict.fromkeys(self._running[place]))
        return found

    def firsts(self, begin: int, end: int) -> list[int]:
        """The first instant of each piece of this time; that of the first may lie before it."""
        places = self._places(begin, end)
        return self._edges[places.start : places.stop]

    def engaged_at(self, moment: int, reserve: int) -> int:
        """Those on a call of a plan that keeps at least so much in reserve, the gap before it not included."""
        mask = 0
        for group in self._running[bisect_right(self._edges, moment) - 1]:
            if group.like.terms.reserve >= reserve and group.begin <= moment:
                mask |= group.people
        return mask

    # What can change.

    def put(self, demand: Demand, bit: int) -> None:
        self.proofs.clear()
        group = self._group(demand)
        if group is None:
            for edge in (demand.rest, demand.begin, demand.end):
                self._cut(edge)
            group = IntervalGroup(_like(demand), demand.begin, demand.end, 0)
            for place in self._places(demand.rest, demand.end):
                self._running[place].append(group)
        group.people |= self._ones[bit]
        self.block(demand.rest, demand.end, bit)

    def block(self, begin: int, end: int, bit: int) -> None:
        keep = ~self._ones[bit]
        for place in self._places(begin, end):
            self._idle[place] &= keep

    def take(self, demand: Demand, bit: int) -> None:
        """The opposite of ``put``. The caller blocks again what other calls of this person keep."""
        self.proofs.clear()
        group, one = self._group(demand), self._ones[bit]
        places = self._places(demand.rest, demand.end)
        for place in places:
            self._idle[place] |= one
        if group is not None:
            group.people &= ~one
            if not group.people:
                for place in places:
                    self._running[place].remove(group)

    def _group(self, demand: Demand) -> IntervalGroup | None:
        begin, end, like = demand.begin, demand.end, _like(demand)
        for group in self._running[bisect_right(self._edges, demand.rest) - 1]:
            if group.begin == begin and group.end == end and group.like == like:
                return group
        return None

    def _places(self, begin: int, end: int) -> range:
        return range(bisect_right(self._edges, begin) - 1, bisect_left(self._edges, end))

    def _cut(self, moment: int) -> None:
        place = bisect_right(self._edges, moment) - 1
        if self._edges[place] != moment:
            self._edges.insert(place + 1, moment)
            self._idle.insert(place + 1, self._idle[place])
            self._running.insert(place + 1, list(self._running[place]))


def _like(demand: Demand) -> Like:
    return Like(demand.pool, demand.day, demand.terms, demand.pinned, demand.booking >= 0)


def _people(groups: Iterable[IntervalGroup]) -> int:
    mask = 0
    for group in groups:
        mask |= group.people
    return mask
