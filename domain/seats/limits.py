"""Limits across sold calls: calls per day, a team's reserve, and people who are engaged for now."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from itertools import accumulate
from operator import or_

from domain.seats.assignments import Assignments, CapKey, cap_key
from domain.seats.demand import MOST_A_DAY, Demand, Terms
from domain.seats.intervals import Intervals
from domain.seats.roster import Roster

_NO_LIMIT: CapKey = (MOST_A_DAY, ())


class DayLimits:
    """Who gets no more calls on a day. A call with a higher limit doesn't count against a lower one."""

    def __init__(self, roster: Roster, calls: Assignments) -> None:
        self._roster, self._calls = roster, calls
        self._full: dict[int, dict[CapKey, int]] = defaultdict(dict)

    def full(self, day: int, terms: Terms) -> int:
        """Everybody who can't be given a call with these limits on this day."""
        masks, key = self._full[day], cap_key(terms)
        if key not in masks:
            counts = self._calls.counts(day)
            busy = {index for by_person in counts.values() for index in by_person}
            if key == _NO_LIMIT and self._at_most(day) < MOST_A_DAY:
                busy = set()
            masks[key] = sum(self._roster.masks[index] for index in busy if self._is_full(index, day, key))
        return masks[key]

    def changed(self, day: int, index: int) -> None:
        """Update for this person, who now has one more call on this day, or one fewer."""
        masks, person = self._full[day], self._roster.masks[index]
        for key, mask in masks.items():
            masks[key] = mask | person if self._is_full(index, day, key) else mask & ~person

    def _at_most(self, day: int) -> int:
        """An upper bound on the number of calls that anybody has on this day."""
        return sum(max(by_person.values(), default=0) for by_person in self._calls.counts(day).values())

    def _is_full(self, index: int, day: int, key: CapKey) -> bool:
        title = self._roster.members[index].title
        own_cap = _cap_of(key, title)
        caps = [
            (MOST_A_DAY if key == _NO_LIMIT else _cap_of(other, title), by_person[index])
            for other, by_person in self._calls.counts(day).items()
            if by_person[index] > 0
        ]
        return any(
            sum(number for cap, number in caps if cap <= most) >= most
            for most in {own_cap, *(cap for cap, _ in caps)}
            if most >= own_cap
        )


def _cap_of(key: CapKey, title: int) -> int:
    cap, titles = key
    return min([cap, *(most for named, most in titles if named == title)]) if titles else cap


class Reserve:
    """The percentage of each team's people on shift that must stay free of calls at every moment."""

    def __init__(self, roster: Roster, intervals: Intervals) -> None:
        self._roster, self._intervals = roster, intervals
        self.shares: set[int] = set()
        """The reserve percentages of the calls on the board."""
        self._cache: dict[int, dict[int, int]] = defaultdict(dict)
        """Everybody in teams that are down to their reserve, keyed by share, then by an interval's first instant."""

    def in_reserve(self, demand: Demand) -> int:
        """Everybody in teams that are down to their reserve at some moment of this call."""
        own, mask = demand.terms.reserve, 0
        for share in {own, *(other for other in self.shares if other < own)}:
            cache = self._cache[share]
            for first in self._intervals.firsts(demand.begin, demand.end):
                people = cache.get(first)
                if people is None:
                    people = cache[first] = self._in_reserve_at(first, share)
                mask |= people
        return mask

    def changed(self, demand: Demand) -> None:
        """Update for this call, which has just been put on the board or taken off it."""
        if demand.terms.reserve:
            self.shares.add(demand.terms.reserve)
            firsts = self._intervals.firsts(demand.begin, demand.end)
            for cache in self._cache.values():
                for first in firsts:
                    cache.pop(first, None)

    def moments(self, begin: int, end: int, share: int, more: Collection[int]) -> Iterator[tuple[int, int, int]]:
        """For each moment at which something changes, and each moment in ``more``: who is on shift, and who is on a
        call whose plan keeps at least ``share`` percent in reserve.
        """
        changes = (edge for edge in self._intervals.firsts(begin, end) if edge > begin)
        for moment in sorted({*more, begin, *changes}):
            yield moment, self._roster.on_shift_at(moment), self._intervals.engaged_at(moment, share)

    def _in_reserve_at(self, moment: int, share: int) -> int:
        on_shift, engaged, mask = self._roster.on_shift_at(moment), self._intervals.engaged_at(moment, share), 0
        for team in self._roster.teams.values():
            number = (on_shift & team).bit_count()
            if number and (engaged & team).bit_count() >= sellable(number, share):
                mask |= team
        return mask


def sellable(on_shift: int, reserve_percent: int) -> int:
    """How many of the people on shift may be on sold calls at the same time; the reserve is rounded up."""
    return on_shift - -(-on_shift * reserve_percent // 100)


class EngagedPeople:
    """Who is on a call or above the occupancy limit, and until when; they get no new seat before then.

    They remain the witnesses of the seats they already have: a call in progress can only cause other calls to be moved
    away from its person.
    """

    def __init__(self, roster: Roster, until: Mapping[int, int]) -> None:
        latest_first = sorted(((end, person) for person, end in until.items()), reverse=True)
        self._ends = [end for end, _ in reversed(latest_first)]
        masks: list[int] = list(accumulate((roster.mask_of([person]) for _, person in latest_first), or_))
        self._masks: list[int] = [*reversed(masks), 0]
        """For each of ``_ends``, who is engaged until then or later."""

    def at(self, moment: int) -> int:
        """Who is still engaged after this moment."""
        return self._masks[bisect_right(self._ends, moment)]
