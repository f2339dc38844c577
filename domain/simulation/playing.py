"""One replication: simpy simulates the days, and the product's own round finds the people."""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import simpy

from domain.booking import occupied
from domain.plan import Plan
from domain.rounds.muster import Chosen, DueCall, choose
from domain.simulation.demand import EXTRA_DAYS, arrivals, shifts_of, sick_days
from domain.simulation.floor import ON_A_CALL, SimulatedFloor, Worker, seconds_within
from domain.simulation.ledger import Figures, Ledger, SimulatedEnd, SimulatedOutcome, figures
from domain.simulation.scenario import Arrival, Binding, Scenario
from domain.simulation.selling import SeatBook, SimulatedSale
from rules_dsl.model.decision import CallKind, Decision

Process = Generator[simpy.Event, object, None]
ROUND_AT_LEAST_EVERY = 30.0
"""The maximum number of seconds between rounds while calls wait, even if nothing happens: a step may become due."""


class WaitingCall:
    """A call waiting for a person."""

    def __init__(self, env: simpy.Environment, arrival: Arrival, due: DueCall, needed: timedelta) -> None:
        self.arrival = arrival
        self.due = due
        self.needed = needed
        self.taken: simpy.Event = env.event()
        """Succeeds with the person who took the call, or with None if the search ended."""
        self.offered = False


def play(scenario: Scenario, seed: int) -> Figures:
    """Simulate one replication. The same scenario and seed give the same figures."""
    return Replication(scenario, seed).figures()


class Replication:
    """The state of one running replication."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self.scenario, self.seed = scenario, seed
        self.shifts = shifts_of(scenario)
        self.sick = sick_days(self.shifts, scenario.habits, seed)
        self.floor = SimulatedFloor(self.shifts, self.sick)
        self.book = SeatBook(scenario, self.shifts, self.sick)
        self.ledger = Ledger()
        self.waiting: list[WaitingCall] = []
        self.arrivals = arrivals(scenario, self.shifts, seed)
        self.begin = min([one.at for one in self.arrivals], default=self._midnight(scenario.first)) - timedelta(
            minutes=1
        )
        self.env = simpy.Environment()
        self.kick = self.env.event()

    def figures(self) -> Figures:
        for arrival in self.arrivals:
            self.env.process(self._escalation(arrival))
        self.env.process(self._ticker())
        last = self._midnight(self.scenario.last + timedelta(days=EXTRA_DAYS))
        self.env.run(until=(last - self.begin).total_seconds())
        return figures(self.ledger, *self._times(), self.scenario.directory)

    def _times(self) -> tuple[dict[int, float], dict[int, float]]:
        """How many seconds each person spent on calls and on shift during the days that count."""
        first, last = self._midnight(self.scenario.first), self._midnight(self.scenario.last + timedelta(days=1))
        workers = self.floor.workers.values()
        busy = {one.person: seconds_within(one.calls, first, last) for one in workers}
        return busy, {one.person: seconds_within(one.shifts, first, last) for one in workers}

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(0), ZoneInfo(self.scenario.directory.time_zone)).astimezone(UTC)

    @property
    def now(self) -> datetime:
        return self.begin + timedelta(seconds=self.env.now)

    def _today(self) -> datetime:
        """The midnight at which the organisation's current day began."""
        return self._midnight(self.now.astimezone(ZoneInfo(self.scenario.directory.time_zone)).date())

    def _until(self, moment: datetime) -> simpy.Timeout:
        return self.env.timeout(max((moment - self.now).total_seconds(), 0.0))

    def _random(self, purpose: str, *keys: object) -> Random:
        return Random("/".join(map(str, (self.seed, purpose, *keys))))

    # An escalation, from its opening to its end.

    def _escalation(self, arrival: Arrival) -> Process:
        yield self._until(arrival.at)
        decision = self.scenario.ruleset.decide(arrival.facts, arrival.at, explain=False)
        if decision.kind is CallKind.REFUSED:
            self._record(arrival, SimulatedOutcome.REFUSED)
        elif arrival.wanted_at is None and decision.kind is CallKind.CALL:
            yield from self._search(arrival, decision, None)
        elif (sale := self.book.sell(arrival, decision)) is None:
            self._record(arrival, SimulatedOutcome.NO_SEAT, booked=True)
        elif self.scenario.binding is Binding.CALL_TIME:
            yield self._until(sale.seat.occupies[0])
            yield from self._search(arrival, decision, sale.seat.starts_at)
        else:
            yield from self._named_booking(sale)

    def _record(
        self,
        arrival: Arrival,
        outcome: SimulatedOutcome,
        *,
        booked: bool = False,
        wait: float | None = None,
        person: int | None = None,
    ) -> None:
        self.ledger.ends.append(SimulatedEnd(arrival.number, booked, outcome, wait, person))

    # People found at call time.

    def _search(self, arrival: Arrival, decision: Decision, starts_at: datetime | None) -> Process:
        plan = Plan(decision, self.scenario.ruleset.version, arrival.at)
        due = DueCall(str(arrival.number), str(arrival.number), plan, starts_at, self.now, 0, 0)
        begin, end = occupied(self.now, decision)
        call = WaitingCall(self.env, arrival, due, end - begin)
        self.waiting.append(call)
        self._wake()
        since = starts_at or self.now
        customer_leaves = self._until(since + timedelta(seconds=self.scenario.habits.patience))
        yield simpy.AnyOf(self.env, [call.taken, customer_leaves])
        if call in self.waiting:
            self.waiting.remove(call)
        person = call.taken.value if call.taken.triggered else None
        booked = starts_at is not None
        comes = arrival.comes or not booked
        if person is None:
            self._record(arrival, SimulatedOutcome.LOST if comes else SimulatedOutcome.NO_SHOW, booked=booked)
            return
        worker = self.floor.workers[person]
        yield self._until(since)
        yield from self._call(worker, arrival, decision, since)

    def _ticker(self) -> Process:
        while True:
            events: list[simpy.Event] = [self.kick]
            if self.waiting:
                events.append(self.env.timeout(ROUND_AT_LEAST_EVERY))
            yield simpy.AnyOf(self.env, events)
            yield self.env.timeout(0)
            self.kick = self.env.event()
            self._round()

    def _wake(self) -> None:
        if not self.kick.triggered:
            self.kick.succeed()

    def _round(self) -> None:
        """Run one round, using the product's own ``choose``."""
        due = [one for one in self.waiting if not one.offered]
        if not due:
            return
        colleagues = self.floor.colleagues(self.now, self._today(), max(one.needed for one in due))
        result = choose([one.due for one in due], colleagues, self.scenario.directory, self.now)
        by_call = {one.due.call_id: one for one in due}
        for search in result.searches:
            waiting = by_call[search.call.call_id]
            waiting.due = search.call
            if search.exhausted:
                waiting.taken.succeed(None)
                self.waiting.remove(waiting)
        for chosen in result.offers:
            self.env.process(self._offer(by_call[chosen.call.call_id], chosen))

    def _offer(self, waiting: WaitingCall, chosen: Chosen) -> Process:
        worker = self.floor.workers[chosen.person]
        habits, calls = self.scenario.habits, waiting.due.plan.decision.calls
        rng = self._random("offer", waiting.arrival.number, chosen.person, self.seed)
        self.ledger.offers += 1
        waiting.offered, worker.occupied, worker.asked_at = True, "being asked for another call", self.now
        chance, delay = rng.random(), rng.lognormvariate(math.log(habits.answer), 0.6)
        declined, silent = chance < habits.decline, chance > 1 - habits.unanswered or delay > calls.offer
        yield self.env.timeout(calls.offer if silent else delay)
        worker.occupied = ""
        if waiting.taken.triggered or waiting not in self.waiting:
            self._wake()
            return
        if declined or silent:
            self.ledger.declined += declined
            self.ledger.unanswered += silent and not declined
            waiting.offered = False
            waiting.due = replace(waiting.due, refused_by=waiting.due.refused_by | {chosen.person})
            self._wake()
            return
        worker.occupied = ON_A_CALL
        worker.calls.append((self.now, self.now))
        self.waiting.remove(waiting)
        waiting.taken.succeed(chosen.person)

    # People named at booking time.

    def _named_booking(self, sale: SimulatedSale) -> Process:
        seat, arrival = sale.seat, sale.arrival
        shift = next(span for span in self.shifts[seat.person] if span[0] <= seat.occupies[0] < span[1])
        self.floor.named[seat.person].append(seat.occupies)
        yield self._until(max(shift[0], arrival.at))
        if (seat.person, shift[0]) in self.sick:
            rebinds = self.scenario.binding is Binding.BOOKING_TIME_REBOUND
            new_seat = self.book.rebind(sale, self.now) if rebinds else None
            if new_seat is None:
                yield self._until(seat.starts_at)
                self._record(arrival, SimulatedOutcome.LOST if arrival.comes else SimulatedOutcome.NO_SHOW, booked=True)
                return
            seat = new_seat
            self.floor.named[seat.person].append(seat.occupies)
        worker = self.floor.workers[seat.person]
        yield self._until(seat.occupies[0])
        deadline = seat.starts_at + timedelta(seconds=self.scenario.habits.patience)
        while worker.occupied and self.now < deadline:
            yield self.env.timeout(5)
        if worker.occupied:
            self._record(arrival, SimulatedOutcome.LOST if arrival.comes else SimulatedOutcome.NO_SHOW, booked=True)
            return
        worker.occupied = ON_A_CALL
        worker.calls.append((self.now, self.now))
        yield self._until(seat.starts_at)
        yield from self._call(worker, arrival, sale.decision, seat.starts_at)

    # The call.

    def _call(self, worker: Worker, arrival: Arrival, decision: Decision, since: datetime) -> Process:
        """A call, from the moment an agent joins until their wrap-up ends."""
        booked = arrival.wanted_at is not None
        taken_at, joined = worker.calls[-1][0], self.now
        if arrival.comes or not booked:
            yield self.env.timeout(arrival.talk * decision.booking.slot)
            outcome, wait = SimulatedOutcome.SERVED, (joined - since).total_seconds()
            yield self.env.timeout(decision.calls.wrap_up)
        else:
            yield self.env.timeout(decision.calls.wait_for_customer)
            outcome, wait = SimulatedOutcome.NO_SHOW, None
        worker.calls[-1] = (taken_at, self.now)
        worker.occupied = ""
        self._record(arrival, outcome, booked=booked, wait=wait, person=worker.person)
        self._wake()
