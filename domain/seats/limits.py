"""Limits over sold calls: those of a person's day, what a team keeps in reserve, and who is engaged until when."""

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
    """Who may be given no further call on a day. A call of a higher limit takes no place of a lower one's."""

    def __init__(self, roster: Roster, calls: Assignments) -> None:
        self._roster, self._calls = roster, calls
        self._full: dict[int, dict[CapKey, int]] = defaultdict(dict)

    def full(self, day: int, terms: Terms) -> int:
        """Those whom a call of these limits may not be given on this day."""
        known, key = self._full[day], cap_key(terms)
        if key not in known:
            taken = self._calls.taken(day)
            busy = {index for counted in taken.values() for index in counted}
            if key == _NO_LIMIT and self._most(day) < MOST_A_DAY:
                busy = set()
            known[key] = sum(self._roster.masks[index] for index in busy if self._is_full(index, day, key))
        return known[key]

    def changed(self, day: int, index: int) -> None:
        """This person has one call more or less on this day."""
        known, one = self._full[day], self._roster.masks[index]
        for key, mask in known.items():
            known[key] = mask | one if self._is_full(index, day, key) else mask & ~one

    def forget(self) -> None:
        self._full.clear()

    def _most(self, day: int) -> int:
        """More calls than this nobody has on this day."""
        return sum(max(counted.values(), default=0) for counted in self._calls.taken(day).values())

    def _is_full(self, index: int, day: int, key: CapKey) -> bool:
        title = self._roster.members[index].title
        cap = _cap_of(key, title)
        caps = [
            (MOST_A_DAY if key == _NO_LIMIT else _cap_of(other, title), counted[index])
            for other, counted in self._calls.taken(day).items()
            if counted[index] > 0
        ]
        return any(
            sum(number for one, number in caps if one <= most) >= most
            for most in {cap, *(one for one, _ in caps)}
            if most >= cap
        )


def _cap_of(key: CapKey, title: int) -> int:
    cap, titles = key
    return min([cap, *(most for named, most in titles if named == title)]) if titles else cap


class Reserve:
    """The people of a team on shift of whom so many percent are left free of calls, at every moment."""

    def __init__(self, roster: Roster, pieces: Intervals) -> None:
        self._roster, self._intervals = roster, pieces
        self.shares: set[int] = set()
        """The reserves, in percent, that calls have kept."""
        self._closed: dict[int, dict[int, int]] = defaultdict(dict)
        """By share and by the first instant of a piece: those of the teams that are down to it."""

    def kept_back(self, demand: Demand) -> int:
        """Those of the teams that are down to their reserve at some moment of this time."""
        own, mask = demand.terms.reserve, 0
        for share in {own, *(known for known in self.shares if known < own)}:
            closed = self._closed[share]
            for first in self._intervals.firsts(demand.begin, demand.end):
                known = closed.get(first)
                if known is None:
                    known = closed[first] = self._down_to(share, first)
                mask |= known
        return mask

    def changed(self, demand: Demand) -> None:
        """This call has come or gone."""
        if demand.terms.reserve:
            self.shares.add(demand.terms.reserve)
            firsts = self._intervals.firsts(demand.begin, demand.end)
            for closed in self._closed.values():
                for first in firsts:
                    closed.pop(first, None)

    def standing(self, begin: int, end: int, share: int, moments: Collection[int]) -> Iterator[tuple[int, int, int]]:
        """At these moments and wherever something changes in this time: those on shift, and those engaged in
        calls of plans that keep ``share`` percent in reserve."""
        changes = (edge for edge in self._intervals.firsts(begin, end) if edge > begin)
        for moment in sorted({*moments, begin, *changes}):
            yield moment, self._roster.on_at(moment), self._intervals.engaged_at(moment, share)

    def _down_to(self, share: int, moment: int) -> int:
        on, engaged, closed = self._roster.on_at(moment), self._intervals.engaged_at(moment, share), 0
        for team in self._roster.teams.values():
            here = (on & team).bit_count()
            if here and (engaged & team).bit_count() >= sellable(here, share):
                closed |= team
        return closed


def sellable(on_shift: int, reserve_percent: int) -> int:
    """How many of those on shift may be on sold calls at once; the reserve is rounded up."""
    return on_shift - -(-on_shift * reserve_percent // 100)


class EngagedPeople:
    """Those who are in a call that runs, or above the occupancy limit, and until when: no seat rests on them before.

    What is sold on them already stands: a running call only ever makes others move away from its person.
    """

    def __init__(self, roster: Roster, until: Mapping[int, int]) -> None:
        latest_first = sorted(((end, person) for person, end in until.items()), reverse=True)
        self._ends = [end for end, _ in reversed(latest_first)]
        masks: list[int] = list(accumulate((roster.mask_of([person]) for _, person in latest_first), or_))
        self._masks: list[int] = [*reversed(masks), 0]
        """At each place, those who are engaged until its end or longer."""

    def at(self, moment: int) -> int:
        """Those who are engaged beyond this moment."""
        return self._masks[bisect_right(self._ends, moment)]
