"""A comparison in words: the lines of a table, and a few sentences with the answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.simulation.comparing import Interval, Way, difference


@dataclass(frozen=True)
class ReportMeasure:
    """How one figure is shown."""

    figure: str
    """Its field name in ``Figures``."""
    words: str
    share: bool
    """Whether it is shown as a percentage rather than in seconds."""
    better: int
    """1 if more is better, -1 if less is."""


MEASURES = (
    ReportMeasure("honoured", "Booked calls taken in time", True, 1),
    ReportMeasure("on_time", "Booked calls begun within a minute", True, 1),
    ReportMeasure("median_wait", "Median wait past the booked hour", False, -1),
    ReportMeasure("no_seat", "Wanted to book and found no time", True, -1),
    ReportMeasure("served_now", "Calls now taken in time", True, 1),
    ReportMeasure("median_wait_now", "Median wait for a call now", False, -1),
    ReportMeasure("declines", "Offers declined or unanswered", True, -1),
    ReportMeasure("fairness", "Evenness of the load (100 % is even)", True, 1),
)


@dataclass(frozen=True)
class ReportLine:
    """One figure for all ways of working."""

    words: str
    cells: tuple[str, ...]
    """For each way, the mean with its 95 % interval."""


def lines(ways: Sequence[Way]) -> tuple[ReportLine, ...]:
    return tuple(
        ReportLine(one.words, tuple(interval_text(way.interval(one.figure), share=one.share) for way in ways))
        for one in MEASURES
    )


def occupancy_lines(ways: Sequence[Way]) -> tuple[ReportLine, ...]:
    """For each title, the share of their shifts that people spent on calls."""
    by_way = [way.occupancy() for way in ways]
    titles = {title: None for occupancy in by_way for title in occupancy}
    nobody = Interval(0.0, 0.0, 0.0)
    return tuple(
        ReportLine(title, tuple(interval_text(occupancy.get(title, nobody), share=True) for occupancy in by_way))
        for title in sorted(titles)
    )


def sentences(ways: Sequence[Way]) -> tuple[str, ...]:
    """Sentences that compare the first way with each of the others."""
    first, *others = ways
    honoured = first.interval("honoured")
    calls = sum(one.booked for one in first.figures)
    opening = (
        f"{first.name.capitalize()}, {_percent(honoured.mean)} of booked calls are taken in time "
        f"({_bare(honoured.low)} to {_percent(honoured.high)}; {calls:,} booked calls played)."
    )
    return (opening, *(_compare(first, other) for other in others))


def _compare(way: Way, other: Way) -> str:
    gap = difference(way, other, "honoured")
    points = f"{abs(gap.mean) * 100:.1f} points"
    within = f"({gap.low * 100:+.1f} to {gap.high * 100:+.1f})"
    if not gap.certain:
        return f"The difference from “{other.name}”, {points} {within}, is too small to tell from luck."
    honoured = other.interval("honoured")
    more = "more" if gap.mean > 0 else "fewer"
    return f"That is {points} {within} {more} than “{other.name}”, which keeps {_percent(honoured.mean)}."


def interval_text(value: Interval, *, share: bool) -> str:
    """``97.7 % (96.6 to 98.7)`` or ``9 s (7 to 12)``."""
    if share:
        return f"{_percent(value.mean)} ({_bare(value.low)} to {_bare(value.high)})"
    return f"{max(value.mean, 0):.0f} s ({max(value.low, 0):.0f} to {value.high:.0f})"


def _percent(value: float) -> str:
    return f"{_bare(value)}\u00a0%"


def _bare(value: float) -> str:
    return f"{min(max(value, 0.0), 1.0) * 100:.1f}"
