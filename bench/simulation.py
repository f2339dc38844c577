"""What finding the person at call time gains over naming one at booking: a simulated day of forty agents."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

from domain.simulation.comparing import Way, difference, play_ways
from domain.simulation.demand import made_up_facts
from domain.simulation.report import interval_text
from domain.simulation.scenario import Binding, Habits, Scenario
from rules_dsl import compile_rules
from rules_dsl.directory import Directory

EXAMPLES = Path(__file__).parents[1] / "examples"
SHARES = (0.05, 0.10, 0.20)
REPLICATIONS = 20
ESCALATIONS = 150.0
FIGURES = ("honoured", "on_time", "median_wait", "served_now")


def table() -> str:
    """Markdown: each way's figures with 95 % intervals, by share of sick calls and of overrunning calls."""
    rows = [
        f"forty_agents.rules with its directory: a Monday, {ESCALATIONS:.0f} escalations, {REPLICATIONS} replications, "
        "with the same random numbers for each way. Shares are of booked calls whose customer joined.",
        "",
        "| sick and overrun | way | taken in time | begun within a minute | median delay past the start "
        "| calls now taken | percentage points below call time |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    scenario = _scenario()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for share in SHARES:
            habits = Habits(sick=share, overrun=share)
            ways = {way.value: replace(scenario, binding=way, habits=habits) for way in Binding}
            rows += _rows(share, play_ways(ways, REPLICATIONS, pool.map))
    return "\n".join(rows)


def _scenario() -> Scenario:
    directory = Directory.from_json(json.loads((EXAMPLES / "forty_agents.directory.json").read_text()))
    rules = compile_rules((EXAMPLES / "forty_agents.rules").read_text(), directory)
    return Scenario(directory, rules, date(2026, 6, 1), 1, ESCALATIONS, made_up_facts(directory, 400, seed=1))


def _rows(share: float, ways: Sequence[Way]) -> list[str]:
    rows = []
    for way in ways:
        cells = [interval_text(way.interval(name), share=name != "median_wait") for name in FIGURES]
        gap = difference(ways[0], way, "honoured")
        less = "" if way is ways[0] else f"{gap.mean * 100:.1f} ({gap.low * 100:.1f} to {gap.high * 100:.1f})"
        rows.append(f"| {share:.0%} | {way.name} | {' | '.join(cells)} | {less} |")
    return rows
