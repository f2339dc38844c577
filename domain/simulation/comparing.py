"""Ways of working beside each other: many replications of each, and the difference with its interval."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from statistics import fmean, stdev

from scipy.special import stdtrit

from domain.simulation.ledger import Figures
from domain.simulation.playing import play
from domain.simulation.scenario import Scenario
from rules_dsl.directory import Directory

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Interval:
    """A mean over replications and its 95 % interval by Student's t; of one replication, the value alone."""

    mean: float
    low: float
    high: float

    @property
    def certain(self) -> bool:
        """Whether the interval leaves zero out: a difference that is no accident of the draw."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Way:
    """One way of working, played."""

    name: str
    scenario: Scenario
    figures: tuple[Figures, ...]
    """By seed, from 0."""

    def interval(self, figure: str) -> Interval:
        return interval_of([_value(one, figure) for one in self.figures])

    def occupancy(self) -> dict[str, Interval]:
        """By title."""
        titles = {title: None for one in self.figures for title in one.occupancy}
        return {title: interval_of([one.occupancy.get(title, 0.0) for one in self.figures]) for title in titles}


def difference(way: Way, other: Way, figure: str) -> Interval:
    """``way`` less ``other``, paired by seed: both met the same customers, sick days and long calls.

    Raises ``ValueError`` where they were not played equally often.
    """
    pairs = zip(way.figures, other.figures, strict=True)
    return interval_of([_value(one, figure) - _value(two, figure) for one, two in pairs])


def interval_of(values: Sequence[float]) -> Interval:
    """The mean with its 95 % interval. Raises ``StatisticsError`` for no values."""
    mean = fmean(values)
    if len(values) < 2:
        return Interval(mean, mean, mean)
    reach = float(stdtrit(len(values) - 1, (1 + CONFIDENCE) / 2)) * stdev(values) / len(values) ** 0.5
    return Interval(mean, mean - reach, mean + reach)


Mapper = Callable[[Callable[[tuple[Scenario, int]], Figures], Iterable[tuple[Scenario, int]]], Iterable[Figures]]
"""``map``, or that of a pool of processes: replications know nothing of each other."""


def play_ways(ways: Mapping[str, Scenario], replications: int, mapper: Mapper = map) -> tuple[Way, ...]:
    """Every way, played equally often with the same luck."""
    tasks = [(scenario, seed) for scenario in ways.values() for seed in range(replications)]
    played = list(mapper(_play, tasks))
    return tuple(
        Way(name, scenario, tuple(played[at * replications : (at + 1) * replications]))
        for at, (name, scenario) in enumerate(ways.items())
    )


def _play(task: tuple[Scenario, int]) -> Figures:
    return play(*task)


def _value(one: Figures, figure: str) -> float:
    if figure not in {field.name for field in fields(Figures)} - {"occupancy"}:
        raise ValueError(f"no figure is called {figure}")
    return float(getattr(one, figure))


def staffed(directory: Directory, title: str, change: int) -> Directory:
    """The same desk with so many people more, or less, of a title: the last ones go, copies of the first come.

    Raises ``ValueError`` for a title that nobody has, or fewer people than are to go.
    """
    wanted = directory.title_named(title)
    holders = [person for person in directory.people if wanted is not None and person.title == wanted.id]
    if not holders or len(holders) + change < 0:
        raise ValueError(f'{len(holders)} people are "{title}"; {change:+d} is not possible')
    gone = {person.id for person in holders[len(holders) + change :]} if change < 0 else set()
    free = max(person.id for person in directory.people) + 1
    new = (
        replace(holders[at % len(holders)], id=free + at, name=f"{title}, new {at + 1}", email=f"new{at}@invalid")
        for at in range(max(change, 0))
    )
    return replace(directory, people=(*(one for one in directory.people if one.id not in gone), *new))
