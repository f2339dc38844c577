"""The board: who is on shift when, and which sold seat rests on whom, laid out for quick questions.

People, pools and shifts stand in ``seat_roster``, the calls in ``seat_calls``, the time that they take in
``seat_pieces``, limits over several of them in ``seat_limits``. Here is what can be asked of all of them at once,
and the two ways in which a board changes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from domain.seats.assignments import Assignments, CallGroup
from domain.seats.demand import Demand, Member, Terms
from domain.seats.intervals import IntervalGroup, Intervals
from domain.seats.limits import DayLimits, EngagedPeople, Reserve
from domain.seats.roster import Roster


class SeatBoard:
    """People, pools and sold seats. Changed by ``put`` and ``take`` only."""

    def __init__(self, members: Iterable[Member], pools: Mapping[int, Collection[int]]) -> None:
        self.roster = Roster(members, pools)
        self.assignments = Assignments()
        """By booking: what it asks for, and the bit of its witness."""
        self.intervals = Intervals(self.roster.edges, self.roster.masks)
        self.reserve = Reserve(self.roster, self.intervals)
        self._days = DayLimits(self.roster, self.assignments)
        self._engaged = EngagedPeople(self.roster, {})
        self.members, self.index_of, self.pools = self.roster.members, self.roster.index_of, self.roster.pools

    def mask_of(self, people: Iterable[int]) -> int:
        return self.roster.mask_of(people)

    def ask_about(self, pool: int, people: Iterable[int]) -> None:
        """One more pool of these people, which nothing is sold from; below zero, so that it is none of the rows'."""
        self.roster.with_pool(pool, people)

    # What can be asked.

    def eligible(self, demand: Demand) -> int:
        """Who is in the pool and on shift for all of this time, whatever else is sold on them."""
        return self.roster.eligible(demand) & ~self._engaged.at(demand.busy_from)

    def on_shift(self, begin: int, end: int) -> Iterator[int]:
        """Those on shift, in each piece of this time."""
        return self.roster.on_shift(begin, end)

    def idle(self, demand: Demand, mask: int) -> int:
        """Those of ``mask`` who have no other call in this time, the gap before it included."""
        return self.intervals.idle(demand.busy_from, demand.end, mask)

    def can_take(self, demand: Demand, mask: int | None = None) -> int:
        """The direct test: those to whom this call can be given with nothing else changed."""
        mask = self.idle(demand, self.eligible(demand) if mask is None else mask)
        if mask:
            mask &= ~self.full(demand.day, demand.terms)
        if mask and demand.terms.reserve:
            mask &= ~self.kept_back(demand)
        if mask and demand.terms.shift_percent < 100:
            mask = sum(self.roster.masks[index] for index in indexes_in(mask) if self.shift_allows(index, demand))
        return mask

    def full(self, day: int, terms: Terms) -> int:
        """Those who may be given no further call on this day."""
        return self._days.full(day, terms)

    def kept_back(self, demand: Demand) -> int:
        """Those of the teams that are down to their reserve at some moment of this time."""
        return self.reserve.kept_back(demand)

    def shift_allows(self, index: int, demand: Demand) -> bool:
        """Whether the shift stays within its share of calls with this one, too."""
        own, shift = demand.terms.shift_percent, self.shift_at(index, demand.begin)
        if shift is None:
            return False
        calls = [demand, *self.of_shift(index, shift)]
        return all(
            sum(call.end - call.begin for call in calls if call.terms.shift_percent <= percent) * 100
            <= percent * (shift[1] - shift[0])
            for percent in {call.terms.shift_percent for call in calls}
            if own <= percent < 100
        )

    def shift_at(self, index: int, moment: int) -> tuple[int, int] | None:
        """The whole working time around this moment."""
        return self.roster.shift_at(index, moment)

    def of_shift(self, index: int, shift: tuple[int, int]) -> list[Demand]:
        """The calls of this person that begin in this time."""
        return [call for call in self.assignments.within(index, *shift) if shift[0] <= call.begin < shift[1]]

    def in_the_way(self, index: int, demand: Demand) -> list[Demand]:
        """The calls of this person that leave no room for this one."""
        return [
            call
            for call in self.assignments.within(index, demand.busy_from, demand.end)
            if call.booking != demand.booking
        ]

    def on_day(self, index: int, day: int) -> Collection[Demand]:
        """The calls of this person that start on this day."""
        return self.assignments.on_day(index, day)

    def able(self, group: IntervalGroup) -> int:
        """Who could have these calls at all."""
        if group.able is None:
            group.able = self.roster.able(group.key.pool, group.begin, group.end, group.key.terms)
        return group.able

    # What can change.

    def engage(self, until: Mapping[int, int]) -> None:
        """By person: until when they can be given no call, in place of what was said before."""
        self._engaged = EngagedPeople(self.roster, until)

    def put(self, demand: Demand, index: int) -> None:
        """This call rests on this person."""
        self.assignments.add(demand, index)
        self.intervals.put(demand, index)
        self._days.changed(demand.day, index)
        self.reserve.changed(demand)

    def take(self, booking: int) -> tuple[Demand, int]:
        """This call rests on nobody. Raises ``KeyError`` where it did not rest on anybody."""
        demand, index = self.assignments.drop(booking)
        self.intervals.take(demand, index)
        for other in self.in_the_way(index, demand):
            # What stands may stand closer than new calls are sold.
            self.intervals.block(other.busy_from, other.end, index)
        self._days.changed(demand.day, index)
        self.reserve.changed(demand)
        return demand, index

    def add_many(self, standing: Iterable[CallGroup]) -> None:
        """Put many calls on a board that has none: quicker than one by one."""
        columns = [group for group in standing if len(group.bookings)]
        for group in columns:
            self.assignments.add_many(group)
        self.intervals.add_many(columns)
        self.reserve.shares = {group.terms.reserve for group in columns} - {0}


def indexes_in(mask: int) -> Iterator[int]:
    """The places of the ones, the lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
