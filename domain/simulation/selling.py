"""Selling seats in a simulated desk: the real grid, notice, hours and terms, by the direct test of a start alone.

Nobody is re-shuffled, so every way of working sells the same, and a full desk sells less than it could.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.booking import Seat, Seller, Span, find_seat
from domain.simulation.scenario import Arrival, Binding, Scenario
from domain.slots import Window, offered_starts, window
from rules_dsl import pool
from rules_dsl.decision import Booking, Decision

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Sold:
    arrival: Arrival
    decision: Decision
    seat: Seat
    """Its person is private where they are found at call time, and the one named to the customer otherwise."""


class SeatBook:
    """What has been sold so far, to whom."""

    def __init__(
        self, scenario: Scenario, shifts: Mapping[int, tuple[Span, ...]], sick: frozenset[tuple[int, datetime]]
    ) -> None:
        self._scenario = scenario
        self._shifts = shifts
        self._sick = sick
        self._busy: dict[int, list[Span]] = defaultdict(list)
        self._grids: dict[tuple[Booking, date], list[tuple[datetime, date]]] = {}
        self._days: dict[int, dict[date, set[int]]] = defaultdict(lambda: defaultdict(set))

    def sell(self, arrival: Arrival, decision: Decision) -> Sold | None:
        """The free start nearest to the wish, or None where none is left within the horizon."""
        wished = arrival.wished or arrival.at
        zone = self._scenario.directory.time_zone
        starts = self._starts(decision, window(decision, zone, arrival.at))
        members = pool(decision, self._scenario.directory, 0, step=0).members
        sellers: dict[date, list[Seller]] = {}
        for start, day in sorted(starts, key=lambda one: (abs(one[0] - wished), one[0])):
            if day not in sellers:
                sellers[day] = [self._seller(person, day, arrival.at) for person in members]
            if (seat := find_seat(start, day, decision, sellers[day])) is not None:
                self._take(seat)
                return Sold(arrival, decision, seat)
        return None

    def _starts(self, decision: Decision, allowed: Window) -> list[tuple[datetime, date]]:
        """``offered_starts``, remembered by day: the grid and the hours of a day are the same for everybody."""
        zone = self._scenario.directory.time_zone
        day, last = (moment.astimezone(ZoneInfo(zone)).date() for moment in (allowed.earliest, allowed.latest))
        found: list[tuple[datetime, date]] = []
        while day <= last:
            key = (decision.booking, day)
            if key not in self._grids:
                begin = datetime.combine(day, time(0), ZoneInfo(zone))
                whole = Window(begin.astimezone(UTC), (begin + ONE_DAY).astimezone(UTC))
                self._grids[key] = [one for one in offered_starts(decision, zone, whole) if one[1] == day]
            found += (one for one in self._grids[key] if allowed.earliest <= one[0] <= allowed.latest)
            day += ONE_DAY
        return found

    def rebind(self, sold: Sold, now: datetime) -> Seat | None:
        """Hand a sick person's booking to whoever's calendar is free at that time, in the pool it was sold from."""
        members = pool(sold.decision, self._scenario.directory, 0, step=0).members
        sellers = [self._seller(person, sold.seat.day, now) for person in members]
        seat = find_seat(sold.seat.starts_at, sold.seat.day, sold.decision, sellers)
        if seat is not None:
            self._take(seat)
        return seat

    def _seller(self, person: int, day: date, now: datetime) -> Seller:
        """As known at ``now``. Where names are given, whoever has the fewest bookings that day is tried first."""
        named = self._scenario.binding is not Binding.CALL_TIME
        turn = len(self._days[person][day]) if named else 1
        shifts = (span for span in self._shifts[person] if abs(span[0].date() - day) <= ONE_DAY)
        known = (span for span in shifts if span[0] > now or (person, span[0]) not in self._sick)
        busy = (span for span in self._busy[person] if abs(span[0].date() - day) <= ONE_DAY)
        return Seller(person, turn, tuple(known), tuple(busy), {day: frozenset(self._days[person][day])})

    def _take(self, seat: Seat) -> None:
        self._busy[seat.person].append(seat.occupies)
        self._days[seat.person][seat.day].add(seat.nth)
