"""Which witness each sold call has, by booking, by day and by person.

A day with many calls is added as columns, in the form in which it is read, and expanded into single calls only when one
of them is needed: most of a page's queries need none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from domain.seats.demand import Demand, Terms

CapKey = tuple[int, tuple[tuple[int, int], ...]]
"""The daily limit for everybody, and the daily limits by title."""


class CallGroup(NamedTuple):
    """Sold calls with the same day, pool and limits, as columns."""

    pool: int
    day: int
    terms: Terms
    pinned: bool
    bookings: Sequence[int]
    people: Sequence[int]
    """Their witnesses' person indexes."""
    begins: Sequence[int]
    ends: Sequence[int]


class _Day:
    """The calls that start on one day."""

    __slots__ = ("assignments", "by_person", "columns", "counts", "first", "last")

    def __init__(self) -> None:
        self.columns: list[CallGroup] = []
        """Added, but not expanded yet."""
        self.assignments: dict[int, tuple[Demand, int]] = {}
        self.by_person: dict[int, dict[int, Demand]] = {}
        """Keyed by person index, then by booking."""
        self.counts: dict[CapKey, Counter[int]] = {}
        """For each limit, the number of calls per person, keyed by person index."""
        self.first, self.last = 1 << 62, -(1 << 62)
        """The span of all the day's calls, including the gaps before them."""

    def add_many(self, group: CallGroup) -> None:
        self.columns.append(group)
        self.counts.setdefault(cap_key(group.terms), Counter()).update(group.people)
        self.first = min(self.first, min(group.begins) - group.terms.gap)
        self.last = max(self.last, max(group.ends))

    def expand(self) -> _Day:
        while self.columns:
            pool, day, terms, pinned, *columns = self.columns.pop()
            for booking, index, begin, end in zip(*columns, strict=True):
                demand = Demand(booking, pool, begin, end, day, terms, pinned)
                self.assignments[booking] = (demand, index)
                self.by_person.setdefault(index, {})[booking] = demand
        return self


class Assignments(Mapping[int, tuple[Demand, int]]):
    """For each booking, its demand and its witness's index."""

    def __init__(self) -> None:
        self._days: dict[int, _Day] = {}
        self._day_by_booking: dict[int, int] = {}
        self._pending: list[CallGroup] = []
        """Added, but not in ``_day_by_booking`` yet."""

    @property
    def _day_of(self) -> dict[int, int]:
        while self._pending:
            group = self._pending.pop()
            self._day_by_booking.update(dict.fromkeys(group.bookings, group.day))
        return self._day_by_booking

    def __getitem__(self, booking: int) -> tuple[Demand, int]:
        return self._days[self._day_of[booking]].expand().assignments[booking]

    def __iter__(self) -> Iterator[int]:
        return iter(self._day_of)

    def __len__(self) -> int:
        return len(self._day_of)

    def __contains__(self, booking: object) -> bool:
        return booking in self._day_of

    def add_many(self, group: CallGroup) -> None:
        """Add many calls, none of which has been added before."""
        self._pending.append(group)
        self._days.setdefault(group.day, _Day()).add_many(group)

    def add(self, demand: Demand, index: int) -> None:
        day = self._days.setdefault(demand.day, _Day()).expand()
        self._day_of[demand.booking] = demand.day
        day.assignments[demand.booking] = (demand, index)
        day.by_person.setdefault(index, {})[demand.booking] = demand
        day.counts.setdefault(cap_key(demand.terms), Counter())[index] += 1
        day.first, day.last = min(day.first, demand.busy_from), max(day.last, demand.end)

    def drop(self, booking: int) -> tuple[Demand, int]:
        """Remove a call. Raises ``KeyError`` if it has no witness."""
        day = self._days[self._day_of.pop(booking)].expand()
        demand, index = day.assignments.pop(booking)
        del day.by_person[index][booking]
        day.counts[cap_key(demand.terms)][index] -= 1
        return demand, index

    def bookings_of(self, day: int) -> Collection[int]:
        return self._days[day].expand().assignments.keys() if day in self._days else ()

    def checksum(self, day: int) -> tuple[int, int]:
        """The number of calls on this day, and the sum of their booking ids."""
        if (of_day := self._days.get(day)) is None:
            return 0, 0
        columns = [group.bookings for group in of_day.columns]
        number = len(of_day.assignments) + sum(map(len, columns))
        return number, sum(of_day.assignments) + sum(map(sum, columns))

    def calls_on_day(self, index: int, day: int) -> Collection[Demand]:
        """This person's calls that start on this day."""
        return self._days[day].expand().by_person.get(index, {}).values() if day in self._days else ()

    def counts(self, day: int) -> Mapping[CapKey, Counter[int]]:
        """For each limit, the number of this day's calls per person, keyed by person index."""
        return self._days[day].counts if day in self._days else {}

    def within(self, index: int, begin: int, end: int) -> list[Demand]:
        """The calls that keep this person busy at any moment of this span, including the gaps before them; in order."""
        found = [
            call
            for day in self._near(begin, end)
            for call in day.by_person.get(index, {}).values()
            if begin < call.end and call.begin - call.terms.gap < end
        ]
        return sorted(found, key=lambda call: (call.busy_from, call.booking)) if len(found) > 1 else found

    def between(self, begin: int, end: int) -> Iterable[Demand]:
        """All calls that lie entirely within this span, including the gaps before them."""
        for day in self._near(begin, end):
            for call, _ in day.assignments.values():
                if begin <= call.busy_from and call.end <= end:
                    yield call

    def _near(self, begin: int, end: int) -> list[_Day]:
        return [day.expand() for day in self._days.values() if day.first < end and begin < day.last]


def cap_key(terms: Terms) -> CapKey:
    return terms.cap, terms.title_caps
