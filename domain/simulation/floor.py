"""The simulated people: who is on shift, who is busy, and what each has done so far."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from domain.booking import Span
from domain.rounds.eligibility import OCCUPANCY_WINDOW, Colleague
from rules_dsl.model.decision import AgentState

FOUR_HOURS = timedelta(hours=4)
NEVER = 10**9
ON_A_CALL = "on another call"


@dataclass
class Worker:
    """One person's record."""

    person: int
    shifts: tuple[Span, ...]
    """The shifts on which they aren't sick."""
    calls: list[Span] = field(default_factory=list)
    """Each lasts from acceptance (for a booking in their name, from the start of preparation) to the end of wrap-up."""
    asked_at: datetime | None = None
    """When they last received an offer."""
    occupied: str = ""
    """Why they can't be asked now, worded as in a round; empty if they can."""

    def on_shift(self, now: datetime) -> bool:
        return any(begin <= now < end for begin, end in self.shifts)


def seconds_within(spans: Iterable[Span], first: datetime, last: datetime) -> float:
    """How many seconds of these spans lie between two instants."""
    clipped = ((max(begin, first), min(end, last)) for begin, end in spans)
    return sum((end - begin).total_seconds() for begin, end in clipped if end > begin)


class SimulatedFloor:
    """Everybody, with the state that rounds and rules need."""

    def __init__(self, shifts: Mapping[int, tuple[Span, ...]], sick: frozenset[tuple[int, datetime]]) -> None:
        self.workers = {
            person: Worker(person, tuple(span for span in spans if (person, span[0]) not in sick))
            for person, spans in shifts.items()
        }
        self.named: dict[int, list[Span]] = defaultdict(list)
        """Booked time, keyed by the person named for it; empty if people are found at call time."""

    def colleagues(self, now: datetime, midnight: datetime, needed: timedelta) -> Mapping[int, Colleague]:
        """Everybody as a round sees them. ``needed``: how long a call that begins now would take."""
        return {person: self._colleague(worker, now, midnight, needed) for person, worker in self.workers.items()}

    def _colleague(self, worker: Worker, now: datetime, midnight: datetime, needed: timedelta) -> Colleague:
        on_shift = worker.on_shift(now)
        last = worker.calls[-1][1] if worker.calls else None
        idle = max(now - last, timedelta()) if last is not None else None
        shift = next((span for span in worker.shifts if span[0] <= now < span[1]), None)
        began = shift[0] if shift else now
        state = AgentState(
            person=worker.person,
            calls_today=sum(1 for begin, _ in worker.calls[-40:] if begin >= midnight),
            load=int(seconds_within(worker.calls[-20:], now - FOUR_HOURS, now) // 60),
            idle=int((idle if idle is not None else now - began).total_seconds()),
            last_asked=int((now - worker.asked_at).total_seconds()) if worker.asked_at else NEVER,
            csat=4.0,
        )
        hindrance = worker.occupied if on_shift else "not on shift"
        if not hindrance and self._has_booking(worker.person, now, now + needed):
            hindrance = "keeps the time of their own booking"
        recent = worker.calls[-40:]
        if worker.occupied == ON_A_CALL:
            recent[-1] = (recent[-1][0], now)
        return Colleague(
            worker.person,
            hindrance,
            on_shift,
            idle,
            state,
            shift,
            timedelta(seconds=seconds_within(recent, began, now)),
            timedelta(seconds=seconds_within(recent, max(began, now - OCCUPANCY_WINDOW), now)),
            timedelta(seconds=seconds_within(worker.shifts, midnight, now)),
        )

    def _has_booking(self, person: int, begin: datetime, end: datetime) -> bool:
        return any(start < end and begin < stop for start, stop in self.named[person])
