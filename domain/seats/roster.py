"""Who is on shift when, and in which pool: big integers with one bit a person, between the edges of shifts.

A question about a time is an AND over the pieces that it covers, so it costs the same for ten people and for a
thousand, needs no grid, and knows nothing of clock changes.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from operator import xor

from domain.seats.demand import Demand, Member, Terms

REMEMBERED = 50_000
"""Times of which it is kept who is on shift through them."""


class Roster:
    """People, pools and shifts. Never changed, but for pools that somebody asks about."""

    def __init__(self, members: Iterable[Member], pools: Mapping[int, Collection[int]]) -> None:
        self.members = sorted(members, key=lambda member: (member.flexibility, member.person))
        self.index_of = {member.person: index for index, member in enumerate(self.members)}
        self.masks = [1 << index for index in range(len(self.members))]
        """By bit: the mask of this person alone."""
        self._everybody = (1 << len(self.members)) - 1
        self.pools = {pool: self.mask_of(people) for pool, people in pools.items()}
        self.teams: dict[int, int] = defaultdict(int)
        for member, one in zip(self.members, self.masks, strict=True):
            self.teams[member.team] |= one
        self.edges, self._on = self._over_time([member.shifts for member in self.members])
        self._work_edges, self._works = self.edges, self._on
        if any(member.works for member in self.members):
            self._work_edges, self._works = self._over_time([member.whole for member in self.members])
        self._through: dict[tuple[int, int, int], int] = {}
        """Those on shift through a time, and working up to a later end; of all pools, because many ask of one time."""

    def with_pool(self, pool: int, people: Iterable[int]) -> None:
        """One more pool, to be asked about on this board only."""
        self.pools[pool] = self.mask_of(people)

    def mask_of(self, people: Iterable[int]) -> int:
        mask = 0
        for person in people:
            if (index := self.index_of.get(person)) is not None:
                mask |= self.masks[index]
        return mask

    def _over_time(self, spans: Sequence[Sequence[tuple[int, int]]]) -> tuple[list[int], list[int]]:
        """Where something changes, and from there on those who have it in a span; each one's spans lie apart."""
        changes: dict[int, int] = {0: 0}
        for one, own in zip(self.masks, spans, strict=True):
            for begin, end in own:
                changes[begin] = changes.get(begin, 0) ^ one
                changes[end] = changes.get(end, 0) ^ one
        edges = sorted(changes)
        return edges, list(accumulate((changes[edge] for edge in edges), xor))

    def eligible(self, demand: Demand) -> int:
        """Who is in the pool and on shift for all of this time, whatever else they have."""
        return self.able(demand.pool, demand.begin, demand.end, demand.terms)

    def able(self, pool: int, begin: int, end: int, terms: Terms) -> int:
        """The same, of a time and of limits.

        Towards the end of their working time a lunch or a meeting is no end.
        """
        last = max(end, begin + terms.prepare + terms.shift_end + 1) if terms.shift_end else end
        mask = self._through.get((begin, end, last))
        if mask is None:
            mask = self._on_through(begin, end, last)
            if len(self._through) > REMEMBERED:
                self._through.clear()
            self._through[begin, end, last] = mask
        return mask & self.pools.get(pool, 0)

    def _on_through(self, begin: int, end: int, last: int) -> int:
        mask = self._everybody
        for place in _intervals(self.edges, begin, end):
            mask &= self._on[place]
        if last > end:
            for place in _intervals(self._work_edges, end, last):
                mask &= self._works[place]
        return mask

    def nobody(self, pool: int, moment: int) -> bool:
        """Whether none of the pool is on shift then."""
        return not self.pools.get(pool, 0) & self._on[bisect_right(self.edges, moment) - 1]

    def on_shift(self, begin: int, end: int) -> Iterator[int]:
        """Those on shift, in each piece of this time."""
        for place in _intervals(self.edges, begin, end):
            yield self._on[place]

    def on_at(self, moment: int) -> int:
        return self._on[bisect_right(self.edges, moment) - 1]

    def shift_at(self, index: int, moment: int) -> tuple[int, int] | None:
        """The whole working time around this moment."""
        shifts = self.members[index].whole
        place = bisect_right(shifts, (moment, 1 << 62)) - 1
        return shifts[place] if place >= 0 and moment < shifts[place][1] else None


def _intervals(edges: Sequence[int], begin: int, end: int) -> range:
    return range(bisect_right(edges, begin) - 1, bisect_left(edges, end))
