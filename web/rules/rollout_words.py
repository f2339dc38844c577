"""A rollout step's outcomes in sentences and small charts: whether the data is conclusive, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor, inf, isfinite

from domain.rollout.confidence import Estimate
from domain.rollout.outcomes import FEWEST, Comparison, RolloutMeasure, Verdict
from web.wording.times import length

LABEL, RAIL, ROW = 100, 200, 34


@dataclass(frozen=True)
class VersionFigure:
    """One version's figure."""

    name: str
    figure: str
    between: str
    """Its confidence interval; empty if it isn't finite yet."""
    cases: str
    x: int
    width: int
    """The interval's width on the rail; 0 without one."""
    mark: int | None
    """The figure's position on the rail; None without one."""
    y: int
    candidate: bool
    """False for the current version."""


@dataclass(frozen=True)
class MeasureCard:
    key: str
    title: str
    definition: str
    """What the figure means."""
    verdict: Verdict
    sentence: str
    rows: tuple[VersionFigure, VersionFigure]
    says: str
    """The chart in words, for screen readers."""
    ends: tuple[str, str]
    """The labels at both ends of the rail."""
    has_data: bool


@dataclass(frozen=True)
class _MeasureWords:
    title: str
    definition: str
    cases: str
    better: str
    worse: str


_WORDS = {
    RolloutMeasure.WAIT: _MeasureWords(
        "Time to accept",
        "Half of the calls were accepted within this time.",
        "calls",
        "Sooner",
        "Later",
    ),
    RolloutMeasure.RATING: _MeasureWords(
        "Rating", "Ratings of 4 and 5, out of all ratings.", "ratings", "Rated higher", "Rated lower"
    ),
    RolloutMeasure.DECLINES: _MeasureWords(
        "Declines", "Offers that were declined, out of all offers.", "offers", "Declined less", "Declined more"
    ),
    RolloutMeasure.REACHED: _MeasureWords(
        "Calls that took place",
        "Calls that both sides joined, out of all calls that are over.",
        "calls",
        "More take place",
        "Fewer take place",
    ),
}


def cards(comparisons: Sequence[Comparison], candidate: str, current: str) -> list[MeasureCard]:
    """``candidate`` and ``current`` are the names of the two versions."""
    return [_card(comparison, candidate, current) for comparison in comparisons]


def headline(comparisons: Sequence[Comparison]) -> tuple[str, str]:
    """A CSS class, and a sentence that says whether to continue the rollout."""

    def titles(verdict: Verdict) -> list[str]:
        return [_WORDS[one.measure].title.lower() for one in comparisons if one.verdict is verdict]

    worse, better, inconclusive = titles(Verdict.WORSE), titles(Verdict.BETTER), titles(Verdict.TOO_FEW)
    if worse:
        return "person", f"Worse in {_listed(worse)}{f', better in {_listed(better)}' if better else ''}."
    if len(inconclusive) == len(comparisons):
        return "waiting", "Too early to tell."
    rest = f" Too early to tell about {_listed(inconclusive)}." if inconclusive else ""
    if better:
        return "done", f"Better in {_listed(better)}, worse in nothing.{rest}"
    return "waiting" if inconclusive else "done", f"No visible difference so far.{rest}"


def _card(comparison: Comparison, candidate: str, current: str) -> MeasureCard:
    words = _WORDS[comparison.measure]
    say = _seconds if comparison.measure is RolloutMeasure.WAIT else _percent
    rail = (0.0, _longest(comparison)) if comparison.measure is RolloutMeasure.WAIT else _tenths(comparison)
    rows = (
        _row(candidate, comparison.candidate, words.cases, say, rail, 0),
        _row(current, comparison.current, words.cases, say, rail, 1),
    )
    says = "; ".join(f"{row.name}: {row.figure}{f', {row.between}' if row.between else ''}" for row in rows)
    return MeasureCard(
        comparison.measure.name.lower(), words.title, words.definition, comparison.verdict,
        _sentence(comparison, words), rows, says, (say(rail[0]), say(rail[1])),
        bool(comparison.candidate or comparison.current),
    )  # fmt: skip


def _row(
    name: str,
    estimate: Estimate | None,
    cases: str,
    say: Callable[[float], str],
    rail: tuple[float, float],
    row: int,
) -> VersionFigure:
    if estimate is None:
        return VersionFigure(name, "–", "", f"no {cases} yet", 0, 0, None, row * ROW, row == 0)
    finite = isfinite(estimate.low)
    between = f"{say(estimate.low)} to {say(estimate.high)}" if finite else ""
    x = _position(estimate.low, rail) if finite else 0
    width = max(2, _position(estimate.high, rail) - x) if finite else 0
    mark = min(RAIL - 4, _position(estimate.value, rail)) if isfinite(estimate.value) else None
    count = f"{estimate.cases} {cases.removesuffix('s') if estimate.cases == 1 else cases}"
    return VersionFigure(name, say(estimate.value), between, count, x, width, mark, row * ROW, row == 0)


def _position(value: float, rail: tuple[float, float]) -> int:
    first, last = rail
    return round(RAIL * min(1.0, max(0.0, (min(value, last) - first) / (last - first))))


def _sentence(comparison: Comparison, words: _MeasureWords) -> str:
    current, change, measure = comparison.current, comparison.change, comparison.measure
    if comparison.verdict is Verdict.TOO_FEW:
        if comparison.cases < comparison.cases_needed:
            return f"Too few to tell: {comparison.cases} of about {comparison.cases_needed} {words.cases}."
        if current is None or current.cases < FEWEST:
            return f"Too few to tell: the current rules have {current.cases if current else 0} {words.cases}."
        return "Can’t be compared: for half of the calls or more, nobody was found."
    assert change is not None  # every other verdict has a change
    if comparison.verdict is Verdict.ALIKE:
        return f"No visible difference: {_span(change, measure)}."
    word = words.better if comparison.verdict is Verdict.BETTER else words.worse
    ends = sorted((abs(change.low), abs(change.high)))
    return f"{word}: by {_amount(ends[0], measure)} to {_amount(ends[1], measure)}."


def _span(change: Estimate, measure: RolloutMeasure) -> str:
    less, more = ("sooner", "later") if measure is RolloutMeasure.WAIT else ("fewer", "more")
    low, high = _amount(abs(change.low), measure), _amount(abs(change.high), measure)
    return f"between {low} {less} and {high} {more}"


def _amount(value: float, measure: RolloutMeasure) -> str:
    if value == inf:
        return "any time"
    if measure is RolloutMeasure.WAIT:
        return length(value)
    points = round(100 * value)
    return f"{points} point{'' if points == 1 else 's'}" if points else "less than 1 point"


def _seconds(value: float) -> str:
    return length(value) if isfinite(value) else "never"


def _percent(value: float) -> str:
    return f"{value:.0%}"


def _longest(comparison: Comparison) -> float:
    """Where a rail for seconds ends: at the largest finite figure or interval end, plus 10 percent."""
    sides = [side for side in (comparison.candidate, comparison.current) if side]
    return max((end for side in sides for end in (side.value, side.high) if isfinite(end)), default=60.0) * 1.1


def _tenths(comparison: Comparison) -> tuple[float, float]:
    """Where a rail for shares begins and ends: at tenths that lie outside both intervals."""
    sides = [side for side in (comparison.candidate, comparison.current) if side]
    ends = [end for side in sides for end in (side.low, side.high)]
    if not ends:
        return 0.0, 1.0
    return max(0, floor(10 * min(ends) - 0.5)) / 10, min(10, ceil(10 * max(ends) + 0.5)) / 10


def _listed(names: Sequence[str]) -> str:
    return " and ".join([*([", ".join(names[:-1])] if names[1:] else []), names[-1]])
