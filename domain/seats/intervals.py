"""Time, divided at each start and end of a call: who is idle in each interval, and which calls are in progress.

Similar calls (same pool, time and limits) form a group with a mask of people, so the cost of a query about an interval
depends on the number of groups, not on how many people serve them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from domain.seats.assignments import CallGroup
from domain.seats.demand import Demand, Terms


class GroupKey(NamedTuple):
    """What the calls in a group have in common besides their time."""

    pool: int
    day: int
    terms: Terms
    pinned: bool
    sold: bool = True


class IntervalGroup:
    """Similar calls at the same time, and the mask of people they keep busy."""

    __slots__ = ("able", "begin", "end", "key", "people")

    def __init__(self, key: GroupKey, begin: int, end: int, people: int) -> None:
        self.key = key
        self.begin = begin
        self.end = end
        self.people = people
        self.able: int | None = None
        """Who could take these calls if nothing else were sold; None until this is first needed."""


class Intervals:
    """Half-open intervals of time, changed only by ``put`` and ``take``."""

    def __init__(self, edges: Iterable[int], masks: Sequence[int]) -> None:
        self._edges = sorted({0, *edges})
        self._masks = masks
        self._idle = [(1 << len(masks)) - 1] * len(self._edges)
        self._running: list[list[IntervalGroup]] = [[] for _ in self._edges]
        self.proofs: dict[tuple[int, int], bool] = {}
        """Results of proofs, keyed by interval position and mask of eligible people; cleared when any call changes."""

    def add_many(self, columns: Iterable[CallGroup]) -> None:
        """Add many calls to intervals that have none yet."""
        begins: dict[int, list[IntervalGroup]] = defaultdict(list)
        ends: dict[int, list[IntervalGroup]] = defaultdict(list)
        edges = set(self._edges)
        for calls in columns:
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
        masks, people_by_time = self._masks, dict[tuple[int, int], int]()
        get = people_by_time.get
        # Half the time it takes to add a day is spent here, so each pair is created once and looked up twice.
        for index, times in zip(group.people, zip(group.begins, group.ends, strict=True), strict=True):
            people_by_time[times] = get(times, 0) | masks[index]
        return people_by_time

    def _sweep(self, begins: dict[int, list[IntervalGroup]], ends: dict[int, list[IntervalGroup]]) -> None:
        everybody = (1 << len(self._masks)) - 1
        running: dict[IntervalGroup, None] = {}
        busy, disjoint = 0, True
        self._idle, self._running = [], []
        for edge in self._edges:
            for group in ends.get(edge, ()):
                del running[group]
                busy ^= group.people
            for group in begins.get(edge, ()):
                running[group] = None
                # Existing calls may be closer together than new ones are allowed to be.
                disjoint = disjoint and not busy & group.people
                busy |= group.people
            if not disjoint:
                busy = _people(running)
            self._idle.append(everybody ^ busy)
            self._running.append(list(running))

    # Questions.

    def idle(self, begin: int, end: int, mask: int) -> int:
        """Everybody in ``mask`` who has no call during this span."""
        for position in self._positions(begin, end):
            mask &= self._idle[position]
            if not mask:
                break
        return mask

    def moments(self, begin: int, end: int) -> Iterator[tuple[int, int, list[IntervalGroup]]]:
        """For each interval of this span: its position, the mask of idle people, and the calls in progress."""
        for position in self._positions(begin, end):
            yield position, self._idle[position], self._running[position]

    def groups(self, begin: int, end: int) -> Iterable[IntervalGroup]:
        """The groups of calls that are in progress at some moment of this span, without duplicates."""
        found: dict[IntervalGroup, None] = {}
        for position in self._positions(begin, end):
            found.update(dict.fromkeys(self._running[position]))
        return found

    def firsts(self, begin: int, end: int) -> list[int]:
        """The first instant of each interval that overlaps this span; the earliest one may lie before the span."""
        positions = self._positions(begin, end)
        return self._edges[positions.start : positions.stop]

    def engaged_at(self, moment: int, reserve: int) -> int:
        """Who is on a call whose plan keeps at least this percentage in reserve; gaps before calls don't count."""
        mask = 0
        for group in self._running[bisect_right(self._edges, moment) - 1]:
            if group.key.terms.reserve >= reserve and group.begin <= moment:
                mask |= group.people
        return mask

    # Changes.

    def put(self, demand: Demand, index: int) -> None:
        self.proofs.clear()
        group = self._group(demand)
        if group is None:
            for edge in (demand.busy_from, demand.begin, demand.end):
                self._cut(edge)
            group = IntervalGroup(_key_of(demand), demand.begin, demand.end, 0)
            for position in self._positions(demand.busy_from, demand.end):
                self._running[position].append(group)
        group.people |= self._masks[index]
        self.block(demand.busy_from, demand.end, index)

    def block(self, begin: int, end: int, index: int) -> None:
        keep = ~self._masks[index]
        for position in self._positions(begin, end):
            self._idle[position] &= keep

    def take(self, demand: Demand, index: int) -> None:
        """The reverse of ``put``. The caller must then block the time of this person's other calls again."""
        self.proofs.clear()
        group, person = self._group(demand), self._masks[index]
        positions = self._positions(demand.busy_from, demand.end)
        for position in positions:
            self._idle[position] |= person
        if group is not None:
            group.people &= ~person
            if not group.people:
                for position in positions:
                    self._running[position].remove(group)

    def _group(self, demand: Demand) -> IntervalGroup | None:
        begin, end, key = demand.begin, demand.end, _key_of(demand)
        for group in self._running[bisect_right(self._edges, demand.busy_from) - 1]:
            if group.begin == begin and group.end == end and group.key == key:
                return group
        return None

    def _positions(self, begin: int, end: int) -> range:
        return range(bisect_right(self._edges, begin) - 1, bisect_left(self._edges, end))

    def _cut(self, moment: int) -> None:
        position = bisect_right(self._edges, moment) - 1
        if self._edges[position] != moment:
            self._edges.insert(position + 1, moment)
            self._idle.insert(position + 1, self._idle[position])
            self._running.insert(position + 1, list(self._running[position]))


def _key_of(demand: Demand) -> GroupKey:
    return GroupKey(demand.pool, demand.day, demand.terms, demand.pinned, demand.booking >= 0)


def _people(groups: Iterable[IntervalGroup]) -> int:
    mask = 0
    for group in groups:
        mask |= group.people
    return mask
