"""Selling seats in the simulation, with the real grid, notice, hours and terms, on the product's own seat board.

If people are found at call time, a start time is sold as in a real sale, using the direct test, the proof that it is
gone, and short moves; only the solver is left out. If a booking names its person, it can no longer be moved to somebody
else, so only somebody who is free for the whole time can take it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from domain.booking import Span
from domain.schedules.schedule import ONE_DAY
from domain.seats.board import SeatBoard, indexes_in
from domain.seats.demand import Demand, Member, demand_of, instant, merge_touching
from domain.seats.search import Search, place_for_sale
from domain.seats.slots import Window, offered_starts, window
from domain.simulation.scenario import Arrival, Binding, Scenario
from rules_dsl import pool
from rules_dsl.model.decision import Booking, Decision

DEPTH, TRIES = 2, 300
"""Limits of the search for another witness when somebody is ill, the same as for a change of shifts."""


@dataclass(frozen=True)
class Seat:
    """A sold seat."""

    starts_at: datetime
    occupies: Span
    person: int
    """Its private witness if people are found at call time; otherwise the person named to the customer."""


@dataclass(frozen=True)
class SimulatedSale:
    arrival: Arrival
    decision: Decision
    seat: Seat


class SeatBook:
    """The seats sold so far."""

    def __init__(
        self, scenario: Scenario, shifts: Mapping[int, tuple[Span, ...]], sick: frozenset[tuple[int, datetime]]
    ) -> None:
        self._scenario = scenario
        self._shifts = shifts
        self._sick = sorted(sick, key=lambda missed: missed[1])
        self._missed = 0
        """How many of the sick shifts have begun, so that their people are known to be ill."""
        self._named = scenario.binding is not Binding.CALL_TIME
        self._grids: dict[tuple[Booking, date], list[tuple[datetime, date]]] = {}
        self._pools: dict[tuple[int, ...], int] = {}
        self.board = self._people()
        """The current board, without people who have called in sick."""

    def sell(self, arrival: Arrival, decision: Decision) -> SimulatedSale | None:
        """Sell the free start time nearest to the desired one; None if none is left within the horizon."""
        wanted_at = arrival.wanted_at or arrival.at
        zone = self._scenario.directory.time_zone
        starts = self._starts(decision, window(decision, zone, arrival.at))
        number = self._pool(decision, arrival.at)
        for start, day in sorted(starts, key=lambda one: (abs(one[0] - wanted_at), one[0])):
            demand = demand_of(decision, number, start, day, arrival.number)
            if self.board.roster.nobody_on_shift(number, demand.begin):
                continue
            if (person := self._take(demand)) is not None:
                return SimulatedSale(arrival, decision, _seat(start, demand, person))
        return None

    def rebind(self, sale: SimulatedSale, now: datetime) -> Seat | None:
        """Give a sick person's booking to somebody in its pool who is free at that time."""
        zone, start = ZoneInfo(self._scenario.directory.time_zone), sale.seat.starts_at
        number = self._pool(sale.decision, now)
        demand = demand_of(sale.decision, number, start, start.astimezone(zone).date(), sale.arrival.number)
        if demand.booking in self.board.assignments:
            self.board.take(demand.booking)
        person = self._take(demand)
        return None if person is None else _seat(start, demand, person)

    def _take(self, demand: Demand) -> int | None:
        """Put the call on the board. Returns the person who got it, or None if nobody can take it."""
        if self._named:
            free = list(indexes_in(self.board.can_take(demand)))
            if not free:
                return None
            # Choose the person with the fewest bookings that day, as scheduling tools usually do.
            index = min(free, key=lambda one: (len(self.board.calls_on_day(one, demand.day)), self._person(one)))
            self.board.put(demand, index)
            return self._person(index)
        search = place_for_sale(self.board, demand, days={demand.day})
        return None if search is None else search.moved()[demand.booking]

    def _person(self, index: int) -> int:
        return self.board.members[index].person

    def _pool(self, decision: Decision, now: datetime) -> int:
        """The number of the decision's pool.

        Makes sure that the board has this pool, leaving out anybody who is ill by now.
        """
        members = tuple(pool(decision, self._scenario.directory, 0, step=0).members)
        missed_before = self._missed
        while self._missed < len(self._sick) and self._sick[self._missed][1] <= now:
            self._missed += 1
        if members not in self._pools or self._missed > missed_before:
            self._pools.setdefault(members, len(self._pools))
            self.board = self._people(self.board)
        return self._pools[members]

    def _people(self, before: SeatBoard | None = None) -> SeatBoard:
        """A board of the people who aren't ill, with the calls from ``before``, reassigned if their person is ill.

        A call that nobody else can serve stays sold, without a witness.
        """
        ill = set(self._sick[: self._missed])
        pools = {number: members for members, number in self._pools.items()}
        members = [
            Member(
                person.id,
                person.team,
                person.title,
                sum(person.id in people for people in pools.values()),
                merge_touching([_seconds(span) for span in self._shifts[person.id] if (person.id, span[0]) not in ill]),
            )
            for person in self._scenario.directory.people
        ]
        search, lost = Search(SeatBoard(members, pools), 0), []
        for demand, index in before.assignments.values() if before is not None else ():
            at = search.board.index_of[before.members[index].person] if before is not None else 0
            if search.board.eligible(demand) >> at & 1:
                search.board.put(demand, at)
            else:
                lost.append(demand)
        for demand in () if self._named else lost:
            search.tries = TRIES
            search.place(demand, DEPTH)
        return search.board

    def _starts(self, decision: Decision, allowed: Window) -> list[tuple[datetime, date]]:
        """``offered_starts``, cached by day, because a day's grid and hours are the same for everybody."""
        zone = self._scenario.directory.time_zone
        day, last = (moment.astimezone(ZoneInfo(zone)).date() for moment in (allowed.earliest, allowed.latest))
        starts: list[tuple[datetime, date]] = []
        while day <= last:
            key = (decision.booking, day)
            if key not in self._grids:
                begin = datetime.combine(day, time(0), ZoneInfo(zone))
                whole_day = Window(begin.astimezone(UTC), (begin + ONE_DAY).astimezone(UTC))
                self._grids[key] = [one for one in offered_starts(decision, zone, whole_day) if one[1] == day]
            starts += (one for one in self._grids[key] if allowed.earliest <= one[0] <= allowed.latest)
            day += ONE_DAY
        return starts


def _seat(start: datetime, demand: Demand, person: int) -> Seat:
    return Seat(start, (instant(demand.begin), instant(demand.end)), person)


def _seconds(span: Span) -> tuple[int, int]:
    return int(span[0].timestamp()), int(span[1].timestamp())
