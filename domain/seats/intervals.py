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


class GroupKey(NamedTuple):
    """What calls of one group have in common beside their time."""

    pool: int
    day: int
    terms: Terms
    pinned: bool
    sold: bool = True


class IntervalGroup:
    """Calls alike at one time, and the people whom they keep."""

    __slots__ = ("able", "begin", "end", "key", "people")

    def __init__(self, key: GroupKey, begin: int, end: int, people: int) -> None:
        self.key = key
        self.begin = begin
        self.end = end
        self.people = people
        self.able: int | None = None
        """Who could have them at all, once somebody has asked."""

    @property
    def kind(self) -> Demand:
        """Any of them; its booking is zero where they are sold, and below where they are not."""
        key = self.key
        return Demand(0 if key.sold else -1, key.pool, self.begin, self.end, key.day, key.terms, key.pinned)


class Intervals:
    """Half-open pieces of time. Changed by ``put`` and ``take`` only."""

    def __init__(self, edges: Iterable[int], masks: Sequence[int]) -> None:
        self._edges = sorted({0, *edges})
        self._masks = masks
        self._idle = [(1 << len(masks)) - 1] * len(self._edges)
        self._running: list[list[IntervalGroup]] = [[] for _ in self._edges]
        self.proofs: dict[tuple[int, int], bool] = {}
        """What was proven of a piece, by its place and of whom it was asked; forgotten as soon as a call changes."""

    def add_many(self, standing: Iterable[CallGroup]) -> None:
        """Put many calls on pieces that have none."""
        begins: dict[int, list[IntervalGroup]] = defaultdict(list)
        ends: dict[int, list[IntervalGroup]] = defaultdict(list)
        edges = set(self._edges)
        for calls in standing:
            gap = calls.terms.gap
            key = GroupKey(calls.pool, calls.day, calls.terms, calls.pinned)
            for (begin, end), people in self._by_time(calls).items():
                group = IntervalGroup(key, begin, end, people)
                begins[begin - gap].append(group)
                ends[end].append(group)
            if gap:
                edges.update(calls.begins)
        self._edges = sorted(edges.union(begins, ends))
        self._sweep(begins, ends)

    def _by_time(self, group: CallGroup) -> dict[tuple[int, int], int]:
        masks, found = self._masks, dict[tuple[int, int], int]()
        known = found.get
        # A pair is made once and looked up twice: half the time of a day's laying goes by here.
        for index, times in zip(group.people, zip(group.begins, group.ends, strict=True), strict=True):
            found[times] = known(times, 0) | masks[index]
        return found

    def _sweep(self, begins: dict[int, list[IntervalGroup]], ends: dict[int, list[IntervalGroup]]) -> None:
        everybody = (1 << len(self._masks)) - 1
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
            if group.key.terms.reserve >= reserve and group.begin <= moment:
                mask |= group.people
        return mask

    # What can change.

    def put(self, demand: Demand, index: int) -> None:
        self.proofs.clear()
        group = self._group(demand)
        if group is None:
            for edge in (demand.busy_from, demand.begin, demand.end):
                self._cut(edge)
            group = IntervalGroup(_key_of(demand), demand.begin, demand.end, 0)
            for place in self._places(demand.busy_from, demand.end):
                self._running[place].append(group)
        group.people |= self._masks[index]
        self.block(demand.busy_from, demand.end, index)

    def block(self, begin: int, end: int, index: int) -> None:
        keep = ~self._masks[index]
        for place in self._places(begin, end):
            self._idle[place] &= keep

    def take(self, demand: Demand, index: int) -> None:
        """The opposite of ``put``. The caller blocks again what other calls of this person keep."""
        self.proofs.clear()
        group, one = self._group(demand), self._masks[index]
        places = self._places(demand.busy_from, demand.end)
        for place in places:
            self._idle[place] |= one
        if group is not None:
            group.people &= ~one
            if not group.people:
                for place in places:
                    self._running[place].remove(group)

    def _group(self, demand: Demand) -> IntervalGroup | None:
        begin, end, key = demand.begin, demand.end, _key_of(demand)
        for group in self._running[bisect_right(self._edges, demand.busy_from) - 1]:
            if group.begin == begin and group.end == end and group.key == key:
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


def _key_of(demand: Demand) -> GroupKey:
    return GroupKey(demand.pool, demand.day, demand.terms, demand.pinned, demand.booking >= 0)


def _people(groups: Iterable[IntervalGroup]) -> int:
    mask = 0
    for group in groups:
        mask |= group.people
    return mask
