"""The outcome of every escalation of one replication, and the figures computed from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from statistics import median

from rules_dsl.directory import Directory


class SimulatedOutcome(StrEnum):
    REFUSED = "refused by the rules"
    NO_SEAT = "no time free"
    NO_SHOW = "the customer did not come"
    SERVED = "served"
    LOST = "nobody came in time"


@dataclass(frozen=True)
class SimulatedEnd:
    """How one escalation ended."""

    number: int
    booked: bool
    outcome: SimulatedOutcome
    wait: float | None = None
    """Seconds from the booked start time, or the request for a call now, until an agent joined; served calls only."""
    person: int | None = None


@dataclass
class Ledger:
    """What one replication has recorded so far."""

    ends: list[SimulatedEnd] = field(default_factory=list)
    offers: int = 0
    declined: int = 0
    unanswered: int = 0


@dataclass(frozen=True)
class Figures:
    """The figures of one replication. Shares are between 0 and 1; without any cases, a share is 1 and a wait is 0."""

    booked: int
    honoured: float
    """Of the booked calls whose customer joined, the share that an agent took in time."""
    median_wait: float
    """Seconds after the booked start time, for honoured calls."""
    on_time: float
    """Of the booked calls whose customer joined, the share that began within a minute of the booked start time."""
    no_seat: float
    """The share of customers wanting to book who found no free time."""
    asked_now: int
    served_now: float
    """Of the calls requested for now, the share that was taken in time."""
    median_wait_now: float
    refused: int
    declines: float
    """The share of offers that were declined or left unanswered."""
    occupancy: Mapping[str, float]
    """Keyed by title: the share of time on shift that was spent on calls, preparation and wrap-up."""
    fairness: float
    """Jain's index of how evenly people are busy: 1 if all are equally busy, 1/n if one of n people does everything
    (Jain, Chiu and Hawe, A Quantitative Measure of Fairness, 1984).
    """


def figures(ledger: Ledger, busy: Mapping[int, float], on_shift: Mapping[int, float], directory: Directory) -> Figures:
    """Compute the figures. ``busy`` and ``on_shift`` are in seconds, keyed by person."""
    booked = [one for one in ledger.ends if one.booked and one.outcome is not SimulatedOutcome.NO_SEAT]
    came = [one for one in booked if one.outcome in (SimulatedOutcome.SERVED, SimulatedOutcome.LOST)]
    waits = [one.wait for one in came if one.wait is not None]
    wanted_to_book = sum(1 for one in ledger.ends if one.booked)
    now = [one for one in ledger.ends if not one.booked and one.outcome is not SimulatedOutcome.REFUSED]
    waits_now = [one.wait for one in now if one.wait is not None]
    return Figures(
        booked=len(booked),
        honoured=_share(len(waits), len(came)),
        median_wait=median(waits) if waits else 0.0,
        on_time=_share(sum(1 for wait in waits if wait <= 60), len(came)),
        no_seat=1 - _share(len(booked), wanted_to_book),
        asked_now=len(now),
        served_now=_share(len(waits_now), len(now)),
        median_wait_now=median(waits_now) if waits_now else 0.0,
        refused=sum(1 for one in ledger.ends if one.outcome is SimulatedOutcome.REFUSED),
        declines=1 - _share(ledger.offers - ledger.declined - ledger.unanswered, ledger.offers),
        occupancy=_by_title(busy, on_shift, directory),
        fairness=_jain([busy[person] / seconds for person, seconds in on_shift.items() if seconds]),
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def _by_title(busy: Mapping[int, float], on_shift: Mapping[int, float], directory: Directory) -> dict[str, float]:
    shares: dict[str, float] = {}
    for title in directory.titles:
        holders = [person.id for person in directory.people if person.title == title.id]
        seconds = sum(on_shift.get(person, 0.0) for person in holders)
        if seconds:
            shares[title.name] = sum(busy.get(person, 0.0) for person in holders) / seconds
    return shares


def _jain(shares: list[float]) -> float:
    squares = sum(share * share for share in shares)
    return sum(shares) ** 2 / (len(shares) * squares) if squares else 1.0
