"""Bars and columns for SVG charts, laid out on the server. The page shows the same figures as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 400
ROW = 34
LABEL = 140
FIGURE = 76
WIDE, TALL = 1180, 120


@dataclass(frozen=True)
class Bar:
    name: str
    figure: str
    y: int
    width: int | None
    """From 0 to ``RAIL``; None if there is nothing to draw."""


@dataclass(frozen=True)
class Chart:
    title: str
    says: str
    """The chart in one sentence, for screen readers."""
    bars: tuple[Bar, ...]
    height: int


RAIL = WIDTH - LABEL - FIGURE


def chart(title: str, rows: Sequence[tuple[str, float | None, str]], most: float) -> Chart:
    """Each row has a name, a value (None for no bar) and its figure as text; ``most`` is a full bar's."""
    bars = tuple(
        Bar(_short(name), figure, number * ROW, None if value is None else round(RAIL * min(1.0, value / most)))
        for number, (name, value, figure) in enumerate(rows)
    )
    says = "; ".join(f"{name}: {figure}" for name, _, figure in rows) or "There is nothing to show yet."
    return Chart(title, says, bars, len(bars) * ROW)


@dataclass(frozen=True)
class Column:
    name: str
    x: int
    width: int
    height: int
    """From 0 to ``TALL``."""


@dataclass(frozen=True)
class Columns:
    title: str
    says: str
    columns: tuple[Column, ...]
    most: int
    first: str
    last: str


def columns(title: str, rows: Sequence[tuple[str, int]]) -> Columns:
    """Columns in chronological order; each row has a name and a value."""
    most = max((value for _, value in rows), default=0)
    step = WIDE / max(1, len(rows))
    bars = tuple(
        Column(name, round(number * step), max(1, round(step * 0.7)), round(TALL * value / most) if most else 0)
        for number, (name, value) in enumerate(rows)
    )
    says = f"From {rows[0][0]} to {rows[-1][0]}, at most {most} a day." if rows else "There is nothing to show yet."
    return Columns(title, says, bars, most, rows[0][0] if rows else "", rows[-1][0] if rows else "")


def _short(name: str) -> str:
    return name if len(name) <= 18 else name[:17] + "…"
