"""What came of a stage, in sentences and small pictures: whether one can tell yet, and what one can tell."""

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
    """Its interval; empty where it has no ends yet."""
    cases: str
    x: int
    width: int
    """Of the interval, on the rail; 0: none."""
    mark: int | None
    """Where the figure stands on the rail; None: nowhere."""
    y: int
    mine: bool
    """The candidate's."""


@dataclass(frozen=True)
class MeasureCard:
    key: str
    title: str
    asks: str
    """What the figure is."""
    verdict: Verdict
    sentence: str
    rows: tuple[VersionFigure, VersionFigure]
    says: str
    """The picture, for who can't see it."""
    ends: tuple[str, str]
    """What the rail begins and ends with."""
    known: bool
    """Whether there is anything to draw."""


@dataclass(frozen=True)
class _MeasureWords:
    title: str
    asks: str
    cases: str
    better: str
    worse: str


_TOLD = {
    RolloutMeasure.WAIT: _MeasureWords(
        "Time to accept",
        "Half of the calls were accepted within this time of search.",
        "calls",
        "Sooner",
        "Later",
    ),
    RolloutMeasure.RATING: _MeasureWords(
        "Rating", "Ratings of 4 and 5, of all ratings.", "ratings", "Rated higher", "Rated lower"
    ),
    RolloutMeasure.DECLINES: _MeasureWords(
        "Declines", "Offers that were declined, of all offers made.", "offers", "Declined less", "Declined more"
    ),
    RolloutMeasure.REACHED: _MeasureWords(
        "Calls that took place",
        "Calls in which both sides met, of all calls that are over.",
        "calls",
        "More take place",
        "Fewer take place",
    ),
}


def cards(found: Sequence[Comparison], candidate: str, standing: str) -> list[MeasureCard]:
    """``candidate`` and ``standing`` are how the two versions are called."""
    return [_card(one, candidate, standing) for one in found]


def headline(found: Sequence[Comparison]) -> tuple[str, str]:
    """A class of state and a sentence: may it go on?"""
    worse = [_TOLD[one.measure].title.lower() for one in found if one.verdict is Verdict.WORSE]
    better = [_TOLD[one.measure].title.lower() for one in found if one.verdict is Verdict.BETTER]
    open_yet = [_TOLD[one.measure].title.lower() for one in found if one.verdict is Verdict.TOO_FEW]
    if worse:
        return "person", f"Worse in {_listed(worse)}{f', better in {_listed(better)}' if better else ''}."
    if len(open_yet) == len(found):
        return "waiting", "Too early to tell. Nothing speaks for it or against it yet."
    still = f" Too early to tell about {_listed(open_yet)}." if open_yet else ""
    if better:
        return "done", f"Better in {_listed(better)}, worse in nothing.{still}"
    return "waiting" if open_yet else "done", f"No difference to be seen so far.{still}"


def _card(one: Comparison, candidate: str, standing: str) -> MeasureCard:
    told = _TOLD[one.measure]
    say = _seconds if one.measure is RolloutMeasure.WAIT else _percent
    rail = (0.0, _most(one)) if one.measure is RolloutMeasure.WAIT else _part(one)
    rows = (
        _row(candidate, one.candidate, told.cases, say, rail, 0),
        _row(standing, one.standing, told.cases, say, rail, 1),
    )
    says = "; ".join(f"{row.name}: {row.figure}{f', {row.between}' if row.between else ''}" for row in rows)
    return MeasureCard(
        one.measure.name.lower(), told.title, told.asks, one.verdict, _sentence(one, told), rows, says,
        (say(rail[0]), say(rail[1])), bool(one.candidate or one.standing),
    )  # fmt: skip


def _row(
    name: str,
    found: Estimate | None,
    cases: str,
    say: Callable[[float], str],
    rail: tuple[float, float],
    place: int,
) -> VersionFigure:
    if found is None:
        return VersionFigure(name, "–", "", f"no {cases} yet", 0, 0, None, place * ROW, place == 0)
    has_ends = isfinite(found.low)
    between = f"{say(found.low)} to {say(found.high)}" if has_ends else ""
    x = _along(found.low, rail) if has_ends else 0
    width = max(2, _along(found.high, rail) - x) if has_ends else 0
    mark = min(RAIL - 4, _along(found.value, rail)) if isfinite(found.value) else None
    counted = f"{found.cases} {cases.removesuffix('s') if found.cases == 1 else cases}"
    return VersionFigure(name, say(found.value), between, counted, x, width, mark, place * ROW, place == 0)


def _along(value: float, rail: tuple[float, float]) -> int:
    first, last = rail
    return round(RAIL * min(1.0, max(0.0, (min(value, last) - first) / (last - first))))


def _sentence(one: Comparison, told: _MeasureWords) -> str:
    if one.verdict is Verdict.TOO_FEW:
        if one.cases < one.wanted:
            return f"Too few to tell: {one.cases} of about {one.wanted} {told.cases}."
        if one.standing is None or one.standing.cases < FEWEST:
            return f"Too few to tell: the standing rules have {one.standing.cases if one.standing else 0} {told.cases}."
        return "It can't be told: for half of the calls or more nobody was found."
    assert one.change is not None  # a verdict has one
    if one.verdict is Verdict.ALIKE:
        return f"No difference to be seen: {_span(one.change, one.measure)}."
    word = told.better if one.verdict is Verdict.BETTER else told.worse
    ends = sorted((abs(one.change.low), abs(one.change.high)))
    return f"{word}: by {_amount(ends[0], one.measure)} to {_amount(ends[1], one.measure)}."


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


def _most(one: Comparison) -> float:
    """The end of the rail: the largest figure or end that is one, with some room."""
    known = [figure for side in (one.candidate, one.standing) if side for figure in (side.value, side.high)]
    return max((figure for figure in known if isfinite(figure)), default=60.0) * 1.1


def _part(one: Comparison) -> tuple[float, float]:
    """The tenths of the whole between which all that is known of a share lies."""
    known = [end for side in (one.candidate, one.standing) if side for end in (side.low, side.high)]
    if not known:
        return 0.0, 1.0
    return max(0, floor(10 * min(known) - 0.5)) / 10, min(10, ceil(10 * max(known) + 0.5)) / 10


def _listed(names: Sequence[str]) -> str:
    return " and ".join([*([", ".join(names[:-1])] if names[1:] else []), names[-1]])
