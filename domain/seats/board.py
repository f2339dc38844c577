"""The seat board: who is on shift when, and who is the witness of which sold seat, organised for fast queries.

``roster`` holds people, pools and shifts; ``assignments`` holds the calls; ``intervals`` holds the time that they take;
and ``limits`` holds the limits across several calls. This class queries them all together, and is the only one that
changes them, through ``put`` and ``take``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from domain.seats.assignments import Assignments, CallGroup
from domain.seats.demand import Demand, Member, Terms
from domain.seats.intervals import IntervalGroup, Intervals
from domain.seats.limits import DayLimits, EngagedPeople, Reserve
from domain.seats.roster import Roster


class SeatBoard:
    """People, pools and sold seats. Sets of people are bit masks, with one bit at each person's index.

    Seats change only through ``put`` and ``take``.
    """

    def __init__(self, members: Iterable[Member], pools: Mapping[int, Collection[int]]) -> None:
        self.roster = Roster(members, pools)
        self.assignments = Assignments()
        """For each booking, its demand and its witness's index."""
        self.intervals = Intervals(self.roster.edges, self.roster.masks)
        self.reserve = Reserve(self.roster, self.intervals)
        self._days = DayLimits(self.roster, self.assignments)
        self._engaged = EngagedPeople(self.roster, {})
        self.members, self.index_of, self.pools = self.roster.members, self.roster.index_of, self.roster.pools

    def mask_of(self, people: Iterable[int]) -> int:
        return self.roster.mask_of(people)

    def add_pool(self, pool: int, people: Iterable[int]) -> None:
        """Add a hypothetical pool of these people. Its id is negative, so it can't be a stored pool's."""
        self.roster.add_pool(pool, people)

    # Questions.

    def eligible(self, demand: Demand) -> int:
        """Who is in the pool, on shift for the whole call and not engaged, regardless of their other sold calls."""
        return self.roster.eligible(demand) & ~self._engaged.at(demand.busy_from)

    def on_shift(self, begin: int, end: int) -> Iterator[int]:
        """Who is on shift in each interval of this span."""
        return self.roster.on_shift(begin, end)

    def idle(self, demand: Demand, mask: int) -> int:
        """Everybody in ``mask`` who has no other call during this call or in the gap before it."""
        return self.intervals.idle(demand.busy_from, demand.end, mask)

    def can_take(self, demand: Demand, mask: int | None = None) -> int:
        """The direct test: who, among everybody eligible or in ``mask``, can take this call if nothing else changes."""
        mask = self.idle(demand, self.eligible(demand) if mask is None else mask)
        if mask:
            mask &= ~self.full(demand.day, demand.terms)
        if mask and demand.terms.reserve:
            mask &= ~self.in_reserve(demand)
        if mask and demand.terms.shift_percent < 100:
            mask = sum(self.roster.masks[index] for index in indexes_in(mask) if self.shift_allows(index, demand))
        return mask

    def full(self, day: int, terms: Terms) -> int:
        """Who has reached the daily limit and gets no more calls on this day."""
        return self._days.full(day, terms)

    def in_reserve(self, demand: Demand) -> int:
        """Everybody in teams that are down to their reserve at some moment of this call."""
        return self.reserve.in_reserve(demand)

    def shift_allows(self, index: int, demand: Demand) -> bool:
        """Whether adding this call keeps this person's calls within the permitted share of the shift."""
        own, shift = demand.terms.shift_percent, self.shift_at(index, demand.begin)
        if shift is None:
            return False
        calls = [demand, *self.calls_in_shift(index, shift)]
        return all(
            sum(call.end - call.begin for call in calls if call.terms.shift_percent <= percent) * 100
            <= percent * (shift[1] - shift[0])
            for percent in {call.terms.shift_percent for call in calls}
            if own <= percent < 100
        )

    def shift_at(self, index: int, moment: int) -> tuple[int, int] | None:
        """This person's whole shift around this moment."""
        return self.roster.shift_at(index, moment)

    def calls_in_shift(self, index: int, shift: tuple[int, int]) -> list[Demand]:
        """This person's calls that begin within this shift."""
        return [call for call in self.assignments.within(index, *shift) if shift[0] <= call.begin < shift[1]]

    def conflicts(self, index: int, demand: Demand) -> list[Demand]:
        """This person's calls that overlap with this one or are too close to it."""
        return [
            call
            for call in self.assignments.within(index, demand.busy_from, demand.end)
            if call.booking != demand.booking
        ]

    def calls_on_day(self, index: int, day: int) -> Collection[Demand]:
        """This person's calls that start on this day."""
        return self.assignments.calls_on_day(index, day)

    def able(self, group: IntervalGroup) -> int:
        """Who could take these calls if nothing else were sold."""
        if group.able is None:
            group.able = self.roster.able(group.key.pool, group.begin, group.end, group.key.terms)
        return group.able

    # Changes.

    def engage(self, until: Mapping[int, int]) -> None:
        """Set the time until which each person gets no call; replaces all earlier settings."""
        self._engaged = EngagedPeople(self.roster, until)

    def put(self, demand: Demand, index: int) -> None:
        """Make this person the call's witness."""
        self.assignments.add(demand, index)
        self.intervals.put(demand, index)
        self._days.changed(demand.day, index)
        self.reserve.changed(demand)

    def take(self, booking: int) -> tuple[Demand, int]:
        """Remove the call from its witness. Raises ``KeyError`` if it has none."""
        demand, index = self.assignments.drop(booking)
        self.intervals.take(demand, index)
        for other in self.conflicts(index, demand):
            # Existing calls may be closer together than new ones are allowed to be.
            self.intervals.block(other.busy_from, other.end, index)
        self._days.changed(demand.day, index)
        self.reserve.changed(demand)
        return demand, index

    def add_many(self, groups: Iterable[CallGroup]) -> None:
        """Put many calls on an empty board, which is faster than putting them there one by one."""
        columns = [group for group in groups if len(group.bookings)]
        for group in columns:
            self.assignments.add_many(group)
        self.intervals.add_many(columns)
        self.reserve.shares = {group.terms.reserve for group in columns} - {0}


def indexes_in(mask: int) -> Iterator[int]:
    """The positions of the bits that are set, lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
