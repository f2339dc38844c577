"""Which sold call rests on whom, by booking, by day and by person.

A day of many calls is laid down in columns, as rows tell them, and told apart call by call only when somebody
asks for one of them: most questions of a page need nobody's calls by name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from domain.seats.demand import Demand, Terms

CapKey = tuple[int, tuple[tuple[int, int], ...]]
"""The limits a day: of anybody, and of titles."""


class CallGroup(NamedTuple):
    """Sold calls of one day, one pool and the same limits, in columns."""

    pool: int
    day: int
    terms: Terms
    pinned: bool
    bookings: Sequence[int]
    people: Sequence[int]
    """The bits of their witnesses."""
    begins: Sequence[int]
    ends: Sequence[int]


class _Day:
    """The calls that start on one day."""

    __slots__ = ("assignments", "columns", "first", "last", "of", "taken")

    def __init__(self) -> None:
        self.columns: list[CallGroup] = []
        """Laid down and not yet told apart."""
        self.assignments: dict[int, tuple[Demand, int]] = {}
        self.of: dict[int, dict[int, Demand]] = {}
        """By person's bit, by booking."""
        self.taken: dict[CapKey, Counter[int]] = {}
        """By limit, how many calls each person has."""
        self.first, self.last = 1 << 62, -(1 << 62)
        """Within these instants all of them lie, their gaps included."""

    def add_many(self, group: CallGroup) -> None:
        self.columns.append(group)
        self.taken.setdefault(cap_key(group.terms), Counter()).update(group.people)
        self.first = min(self.first, min(group.begins) - group.terms.gap)
        self.last = max(self.last, max(group.ends))

    def expand(self) -> _Day:
        while self.columns:
            pool, day, terms, pinned, *columns = self.columns.pop()
            for booking, index, begin, end in zip(*columns, strict=True):
                demand = Demand(booking, pool, begin, end, day, terms, pinned)
                self.assignments[booking] = (demand, index)
                self.of.setdefault(index, {})[booking] = demand
        return self


class Assignments(Mapping[int, tuple[Demand, int]]):
    """By booking: what it asks for, and the bit of its witness."""

    def __init__(self) -> None:
        self._days: dict[int, _Day] = {}
        self._known: dict[int, int] = {}
        self._laid: list[CallGroup] = []
        """Laid down, and not among the known yet."""

    @property
    def _day_of(self) -> dict[int, int]:
        while self._laid:
            group = self._laid.pop()
            self._known.update(dict.fromkeys(group.bookings, group.day))
        return self._known

    def __getitem__(self, booking: int) -> tuple[Demand, int]:
        return self._days[self._day_of[booking]].expand().assignments[booking]

    def __iter__(self) -> Iterator[int]:
        return iter(self._day_of)

    def __len__(self) -> int:
        return len(self._day_of)

    def __contains__(self, booking: object) -> bool:
        return booking in self._day_of

    def add_many(self, group: CallGroup) -> None:
        """Many at once, none of which it has."""
        self._laid.append(group)
        self._days.setdefault(group.day, _Day()).add_many(group)

    def add(self, demand: Demand, index: int) -> None:
        day = self._days.setdefault(demand.day, _Day()).expand()
        self._day_of[demand.booking] = demand.day
        day.assignments[demand.booking] = (demand, index)
        day.of.setdefault(index, {})[demand.booking] = demand
        day.taken.setdefault(cap_key(demand.terms), Counter())[index] += 1
        day.first, day.last = min(day.first, demand.busy_from), max(day.last, demand.end)

    def drop(self, booking: int) -> tuple[Demand, int]:
        """Raises ``KeyError`` where it rests on nobody."""
        day = self._days[self._day_of.pop(booking)].expand()
        demand, index = day.assignments.pop(booking)
        del day.of[index][booking]
        day.taken[cap_key(demand.terms)][index] -= 1
        return demand, index

    def bookings_of(self, day: int) -> Collection[int]:
        return self._days[day].expand().assignments.keys() if day in self._days else ()

    def count(self, day: int) -> tuple[int, int]:
        """How many there are on this day, and the sum of their numbers."""
        if (found := self._days.get(day)) is None:
            return 0, 0
        columns = [group.bookings for group in found.columns]
        number = len(found.assignments) + sum(map(len, columns))
        return number, sum(found.assignments) + sum(map(sum, columns))

    def on_day(self, index: int, day: int) -> Collection[Demand]:
        """The calls of this person that start on this day."""
        return self._days[day].expand().of.get(index, {}).values() if day in self._days else ()

    def taken(self, day: int) -> Mapping[CapKey, Counter[int]]:
        """By limit, how many calls of this day each person has, by their bit."""
        return self._days[day].taken if day in self._days else {}

    def within(self, index: int, begin: int, end: int) -> list[Demand]:
        """The calls of this person that keep them at some moment of this time, their gaps included, in order."""
        found = [
            call
            for day in self._near(begin, end)
            for call in day.of.get(index, {}).values()
            if begin < call.end and call.begin - call.terms.gap < end
        ]
        return sorted(found, key=lambda call: (call.busy_from, call.booking)) if len(found) > 1 else found

    def between(self, begin: int, end: int) -> Iterable[Demand]:
        """All calls that lie in this time from one end to the other, their gaps included."""
        for day in self._near(begin, end):
            for call, _ in day.assignments.values():
                if begin <= call.busy_from and call.end <= end:
                    yield call

    def _near(self, begin: int, end: int) -> list[_Day]:
        return [day.expand() for day in self._days.values() if day.first < end and begin < day.last]


def cap_key(terms: Terms) -> CapKey:
    return terms.cap, terms.title_caps
