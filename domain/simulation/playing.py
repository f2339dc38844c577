"""One replication: simpy plays the days, the real round finds the people."""

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
from domain.simulation.demand import RUN_OUT, arrivals, shifts_of, sick_days
from domain.simulation.floor import ON_A_CALL, SimulatedFloor, Worker, seconds_within
from domain.simulation.ledger import Figures, Ledger, SimulatedEnd, SimulatedOutcome, figures
from domain.simulation.scenario import Arrival, Binding, Scenario
from domain.simulation.selling import SeatBook, SimulatedSale
from rules_dsl.model.decision import CallKind, Decision

Course = Generator[simpy.Event, object, None]
LOOK_AGAIN = 30.0
"""Seconds between two looks at calls that wait, where nothing happens in between: steps fall due by then."""


class WaitingCall:
    """A call that looks for somebody."""

    def __init__(self, env: simpy.Environment, arrival: Arrival, due: DueCall, needed: timedelta) -> None:
        self.arrival = arrival
        self.due = due
        self.needed = needed
        self.taken: simpy.Event = env.event()
        """Succeeds with the person who took it, or None where the search ended."""
        self.offered = False


def play(scenario: Scenario, seed: int) -> Figures:
    """The figures of one replication. The same scenario and seed give the same figures."""
    return Replication(scenario, seed).figures()


class Replication:
    """The state of one replication while it is played."""

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
        last = self._midnight(self.scenario.last + timedelta(days=RUN_OUT))
        self.env.run(until=(last - self.begin).total_seconds())
        return figures(self.ledger, *self._times(), self.scenario.directory)

    def _times(self) -> tuple[dict[int, float], dict[int, float]]:
        """Seconds in calls and on shift within the days that count, by person."""
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
        """The midnight that began the desk's day."""
        return self._midnight(self.now.astimezone(ZoneInfo(self.scenario.directory.time_zone)).date())

    def _until(self, moment: datetime) -> simpy.Timeout:
        return self.env.timeout(max((moment - self.now).total_seconds(), 0.0))

    def _luck(self, purpose: str, *of: object) -> Random:
        return Random("/".join(map(str, (self.seed, purpose, *of))))

    # An escalation, from its opening to its end.

    def _escalation(self, arrival: Arrival) -> Course:
        yield self._until(arrival.at)
        decision = self.scenario.ruleset.decide(arrival.facts, arrival.at, explain=False)
        if decision.kind is CallKind.REFUSED:
            self._tell(arrival, SimulatedOutcome.REFUSED)
        elif arrival.wanted_at is None and decision.kind is CallKind.CALL:
            yield from self._searched(arrival, decision, None)
        elif (sold := self.book.sell(arrival, decision)) is None:
            self._tell(arrival, SimulatedOutcome.NO_SEAT, booked=True)
        elif self.scenario.binding is Binding.CALL_TIME:
            yield self._until(sold.seat.occupies[0])
            yield from self._searched(arrival, decision, sold.seat.starts_at)
        else:
            yield from self._named(sold)

    def _tell(
        self,
        arrival: Arrival,
        fate: SimulatedOutcome,
        *,
        booked: bool = False,
        wait: float | None = None,
        person: int | None = None,
    ) -> None:
        self.ledger.told.append(SimulatedEnd(arrival.number, booked, fate, wait, person))

    # Found at call time.

    def _searched(self, arrival: Arrival, decision: Decision, starts_at: datetime | None) -> Course:
        plan = Plan(decision, self.scenario.ruleset.version, arrival.at)
        due = DueCall(str(arrival.number), str(arrival.number), plan, starts_at, self.now, 0, 0)
        begin, end = occupied(self.now, decision)
        wait = WaitingCall(self.env, arrival, due, end - begin)
        self.waiting.append(wait)
        self._wake()
        since = starts_at or self.now
        gone = self._until(since + timedelta(seconds=self.scenario.habits.patience))
        yield simpy.AnyOf(self.env, [wait.taken, gone])
        if wait in self.waiting:
            self.waiting.remove(wait)
        person = wait.taken.value if wait.taken.triggered else None
        booked = starts_at is not None
        comes = arrival.comes or not booked
        if person is None:
            self._tell(arrival, SimulatedOutcome.LOST if comes else SimulatedOutcome.NO_SHOW, booked=booked)
            return
        worker = self.floor.workers[person]
        yield self._until(since)
        yield from self._call(worker, arrival, decision, since)

    def _ticker(self) -> Course:
        while True:
            pause: list[simpy.Event] = [self.kick]
            if self.waiting:
                pause.append(self.env.timeout(LOOK_AGAIN))
            yield simpy.AnyOf(self.env, pause)
            yield self.env.timeout(0)
            self.kick = self.env.event()
            self._round()

    def _wake(self) -> None:
        if not self.kick.triggered:
            self.kick.succeed()

    def _round(self) -> None:
        """Match every call that waits with everyone free: the product's own ``choose``."""
        asking = [one for one in self.waiting if not one.offered]
        if not asking:
            return
        colleagues = self.floor.colleagues(self.now, self._today(), max(one.needed for one in asking))
        result = choose([one.due for one in asking], colleagues, self.scenario.directory, self.now)
        by_call = {one.due.call_id: one for one in asking}
        for searched in result.searches:
            waiting = by_call[searched.call.call_id]
            waiting.due = searched.call
            if searched.exhausted:
                waiting.taken.succeed(None)
                self.waiting.remove(waiting)
        for chosen in result.offers:
            self.env.process(self._offer(by_call[chosen.call.call_id], chosen))

    def _offer(self, waiting: WaitingCall, chosen: Chosen) -> Course:
        worker = self.floor.workers[chosen.person]
        habits, calls = self.scenario.habits, waiting.due.plan.decision.calls
        luck = self._luck("offer", waiting.arrival.number, chosen.person, self.seed)
        self.ledger.offers += 1
        waiting.offered, worker.occupied, worker.asked = True, "being asked for another call", self.now
        turn, delay = luck.random(), luck.lognormvariate(math.log(habits.answer), 0.6)
        declined, silent = turn < habits.decline, turn > 1 - habits.unanswered or delay > calls.offer
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

    # Named when booked.

    def _named(self, sold: SimulatedSale) -> Course:
        seat, arrival = sold.seat, sold.arrival
        shift = next(span for span in self.shifts[seat.person] if span[0] <= seat.occupies[0] < span[1])
        self.floor.named[seat.person].append(seat.occupies)
        yield self._until(max(shift[0], arrival.at))
        if (seat.person, shift[0]) in self.sick:
            given = self.book.rebind(sold, self.now) if self.scenario.binding is Binding.BOOKING_TIME_REBOUND else None
            if given is None:
                yield self._until(seat.starts_at)
                self._tell(arrival, SimulatedOutcome.LOST if arrival.comes else SimulatedOutcome.NO_SHOW, booked=True)
                return
            seat = given
            self.floor.named[seat.person].append(seat.occupies)
        worker = self.floor.workers[seat.person]
        yield self._until(seat.occupies[0])
        deadline = seat.starts_at + timedelta(seconds=self.scenario.habits.patience)
        while worker.occupied and self.now < deadline:
            yield self.env.timeout(5)
        if worker.occupied:
            self._tell(arrival, SimulatedOutcome.LOST if arrival.comes else SimulatedOutcome.NO_SHOW, booked=True)
            return
        worker.occupied = ON_A_CALL
        worker.calls.append((self.now, self.now))
        yield self._until(seat.starts_at)
        yield from self._call(worker, arrival, sold.decision, seat.starts_at)

    # The call itself.

    def _call(self, worker: Worker, arrival: Arrival, decision: Decision, since: datetime) -> Course:
        """From the moment an agent is there until their wrap-up ends."""
        booked = arrival.wanted_at is not None
        taken_at, joined = worker.calls[-1][0], self.now
        if arrival.comes or not booked:
            yield self.env.timeout(arrival.talk * decision.booking.slot)
            fate, wait = SimulatedOutcome.SERVED, (joined - since).total_seconds()
            yield self.env.timeout(decision.calls.wrap_up)
        else:
            yield self.env.timeout(decision.calls.wait_for_customer)
            fate, wait = SimulatedOutcome.NO_SHOW, None
        worker.calls[-1] = (taken_at, self.now)
        worker.occupied = ""
        self._tell(arrival, fate, booked=booked, wait=wait, person=worker.person)
        self._wake()
