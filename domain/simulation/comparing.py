"""Comparing ways of working: many replications of each, and confidence intervals for the differences."""

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
    """A mean over replications with its 95 % confidence interval by Student's t, or the value of a single one."""

    mean: float
    low: float
    high: float

    @property
    def certain(self) -> bool:
        """Whether the interval excludes zero, so that the difference is unlikely to be due to chance."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Way:
    """One way of working, with its simulated figures."""

    name: str
    scenario: Scenario
    figures: tuple[Figures, ...]
    """Indexed by seed, starting at 0."""

    def interval(self, figure: str) -> Interval:
        return interval_of([_value(one, figure) for one in self.figures])

    def occupancy(self) -> dict[str, Interval]:
        """The occupancy of each title."""
        titles = {title: None for one in self.figures for title in one.occupancy}
        return {title: interval_of([one.occupancy.get(title, 0.0) for one in self.figures]) for title in titles}


def difference(way: Way, other: Way, figure: str) -> Interval:
    """``way`` minus ``other``, paired by seed: both met the same customers, sick days and long calls.

    Raises ``ValueError`` if they have different numbers of replications.
    """
    pairs = zip(way.figures, other.figures, strict=True)
    return interval_of([_value(own, figure) - _value(others, figure) for own, others in pairs])


def interval_of(values: Sequence[float]) -> Interval:
    """The mean with its 95 % interval. Raises ``StatisticsError`` if there are no values."""
    mean = fmean(values)
    if len(values) < 2:
        return Interval(mean, mean, mean)
    margin = float(stdtrit(len(values) - 1, (1 + CONFIDENCE) / 2)) * stdev(values) / len(values) ** 0.5
    return Interval(mean, mean - margin, mean + margin)


Mapper = Callable[[Callable[[tuple[Scenario, int]], Figures], Iterable[tuple[Scenario, int]]], Iterable[Figures]]
"""The built-in ``map`` or that of a process pool: replications are independent, so either will do."""


def play_ways(ways: Mapping[str, Scenario], replications: int, mapper: Mapper = map) -> tuple[Way, ...]:
    """Simulate every way the same number of times, with the same random numbers."""
    tasks = [(scenario, seed) for scenario in ways.values() for seed in range(replications)]
    figures = list(mapper(_play, tasks))
    return tuple(
        Way(name, scenario, tuple(figures[at * replications : (at + 1) * replications]))
        for at, (name, scenario) in enumerate(ways.items())
    )


def _play(task: tuple[Scenario, int]) -> Figures:
    return play(*task)


def _value(one: Figures, figure: str) -> float:
    if figure not in {field.name for field in fields(Figures)} - {"occupancy"}:
        raise ValueError(f"unknown figure: {figure}")
    return float(getattr(one, figure))


def staffed(directory: Directory, title: str, change: int) -> Directory:
    """The same directory with more or fewer people of one title: the last ones are removed, or the first ones copied.

    Raises ``ValueError`` if nobody has the title, or more people would be removed than have it.
    """
    changed_title = directory.title_named(title)
    holders = [person for person in directory.people if changed_title is not None and person.title == changed_title.id]
    if not holders or len(holders) + change < 0:
        raise ValueError(f'{len(holders)} people are "{title}"; {change:+d} is not possible')
    removed = {person.id for person in holders[len(holders) + change :]} if change < 0 else set()
    first_id = max(person.id for person in directory.people) + 1
    new = (
        replace(holders[at % len(holders)], id=first_id + at, name=f"{title}, new {at + 1}", email=f"new{at}@invalid")
        for at in range(max(change, 0))
    )
    return replace(directory, people=(*(one for one in directory.people if one.id not in removed), *new))
