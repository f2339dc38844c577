"""Horizontal bars as SVG, drawn on the server. The page lays the figures beside them as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 640
ROW = 34
LABEL = 210
FIGURE = 96


@dataclass(frozen=True)
class Bar:
    name: str
    figure: str
    y: int
    width: int
    """Of 0 to ``RAIL``."""


@dataclass(frozen=True)
class Chart:
    title: str
    says: str
    """What the chart shows, in one sentence, for who can't see it."""
    bars: tuple[Bar, ...]
    height: int


RAIL = WIDTH - LABEL - FIGURE


def chart(title: str, rows: Sequence[tuple[str, float | None, str]], most: float) -> Chart:
    """``rows`` are name, value (None: no bar) and the figure as it is read; ``most`` is the rail's end."""
    bars = tuple(
        Bar(_short(name), figure, place * ROW, round(RAIL * min(1.0, (value or 0.0) / most)) if most else 0)
        for place, (name, value, figure) in enumerate(rows)
    )
    says = "; ".join(f"{name}: {figure}" for name, _, figure in rows) or "There is nothing to show yet."
    return Chart(title, says, bars, len(bars) * ROW)


def _short(name: str) -> str:
    return name if len(name) <= 26 else name[:25] + "…"
