"""Who is on shift when, and in which pool: each interval between shift edges has a big integer with one bit per person.

A query about a span of time ANDs the integers of the intervals that it covers. It therefore costs the same for ten
people as for a thousand, needs no grid, and isn't affected by clock changes.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from operator import xor

from domain.seats.demand import Demand, Member, Terms

CACHE_LIMIT = 50_000
"""The maximum number of cached answers about who is on shift throughout a span of time."""


class Roster:
    """People, pools and shifts. Never changes, except that hypothetical pools can be added."""

    def __init__(self, members: Iterable[Member], pools: Mapping[int, Collection[int]]) -> None:
        self.members = sorted(members, key=lambda member: (member.flexibility, member.person))
        """Indexed by person index."""
        self.index_of = {member.person: index for index, member in enumerate(self.members)}
        self.masks = [1 << index for index in range(len(self.members))]
        """For each person index, the mask of that person alone."""
        self._everybody = (1 << len(self.members)) - 1
        self.pools = {pool: self.mask_of(people) for pool, people in pools.items()}
        self.teams: dict[int, int] = defaultdict(int)
        for member, person in zip(self.members, self.masks, strict=True):
            self.teams[member.team] |= person
        self.edges, self._on_shift = self._over_time([member.shifts for member in self.members])
        self._work_edges, self._at_work = self.edges, self._on_shift
        if any(member.works for member in self.members):
            self._work_edges, self._at_work = self._over_time([member.whole_shifts for member in self.members])
        self._on_shift_through: dict[tuple[int, int, int], int] = {}
        """Keyed by begin, end and a later end: who is on shift from begin to end, and at work until the later end.

        It covers all pools together, because many queries are about the same time.
        """

    def add_pool(self, pool: int, people: Iterable[int]) -> None:
        """Add a pool that exists only for queries to this board."""
        self.pools[pool] = self.mask_of(people)

    def mask_of(self, people: Iterable[int]) -> int:
        mask = 0
        for person in people:
            if (index := self.index_of.get(person)) is not None:
                mask |= self.masks[index]
        return mask

    def _over_time(self, spans: Sequence[Sequence[tuple[int, int]]]) -> tuple[list[int], list[int]]:
        """The instants at which something changes, and from each to the next, the mask of people within a span.

        A person's spans are disjoint and don't touch.
        """
        changes: dict[int, int] = {0: 0}
        for person, own in zip(self.masks, spans, strict=True):
            for begin, end in own:
                changes[begin] = changes.get(begin, 0) ^ person
                changes[end] = changes.get(end, 0) ^ person
        edges = sorted(changes)
        return edges, list(accumulate((changes[edge] for edge in edges), xor))

    def eligible(self, demand: Demand) -> int:
        """Who is in the pool and on shift for the whole call, whatever other calls they have."""
        return self.able(demand.pool, demand.begin, demand.end, demand.terms)

    def able(self, pool: int, begin: int, end: int, terms: Terms) -> int:
        """Who is in the pool and on shift from begin to end, and not too close to the end of the whole shift.

        Lunch or a meeting doesn't count as the end of a shift.
        """
        last = max(end, begin + terms.prepare + terms.shift_end + 1) if terms.shift_end else end
        mask = self._on_shift_through.get((begin, end, last))
        if mask is None:
            mask = self._compute_on_shift_through(begin, end, last)
            if len(self._on_shift_through) > CACHE_LIMIT:
                self._on_shift_through.clear()
            self._on_shift_through[begin, end, last] = mask
        return mask & self.pools.get(pool, 0)

    def _compute_on_shift_through(self, begin: int, end: int, last: int) -> int:
        mask = self._everybody
        for position in _positions(self.edges, begin, end):
            mask &= self._on_shift[position]
        if last > end:
            for position in _positions(self._work_edges, end, last):
                mask &= self._at_work[position]
        return mask

    def nobody_on_shift(self, pool: int, moment: int) -> bool:
        """Whether nobody in the pool is on shift at this moment."""
        return not self.pools.get(pool, 0) & self._on_shift[bisect_right(self.edges, moment) - 1]

    def on_shift(self, begin: int, end: int) -> Iterator[int]:
        """Who is on shift in each interval of this span."""
        for position in _positions(self.edges, begin, end):
            yield self._on_shift[position]

    def on_shift_at(self, moment: int) -> int:
        return self._on_shift[bisect_right(self.edges, moment) - 1]

    def shift_at(self, index: int, moment: int) -> tuple[int, int] | None:
        """This person's whole shift around this moment."""
        shifts = self.members[index].whole_shifts
        position = bisect_right(shifts, (moment, 1 << 62)) - 1
        return shifts[position] if position >= 0 and moment < shifts[position][1] else None


def _positions(edges: Sequence[int], begin: int, end: int) -> range:
    return range(bisect_right(edges, begin) - 1, bisect_left(edges, end))
