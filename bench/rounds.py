"""How long a round's matching takes, and how many more calls it serves than giving each call its best person in turn.

Organisations are random with skewed skills: most people have the common one, half have one of eleven scarce ones, and
two calls in five require one of these. "In turn" is what most tools do: in order of urgency, each call gets the best
person still free. Both see the same calls and people. As in reality, people with scarce skills have had fewer calls.

Times are CPU times of this process, so that other work on the machine matters little.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from domain.plan import Plan
from domain.rounds.eligibility import OCCUPANCY_LIMIT, Colleague
from domain.rounds.matching import CostMatrix, match, warm_up
from domain.rounds.matrix import RoundMatrix
from domain.rounds.muster import DueCall, choose
from domain.rounds.search import Pools
from rules_dsl import compile_rules
from rules_dsl.directory import Directory, Person, Skill, Team, Title
from rules_dsl.model.decision import AgentState

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SIZES = ((50, 60), (500, 400), (500, 600), (500, 1000), (1000, 800), (1000, 1200))
DRAWS = 5
SKILLS = 12
SCARCE_PEOPLE, SCARCE_CALLS, BOTH = 0.5, 0.4, 0.7
"""Shares: people with a scarce skill, calls that require one, and those of these people who have the common one too."""
RULES = """rules for "Bench"

by default
  order by least busy, then longest idle

otherwise
  require skill "{skill}"
  send to team "Support"

booking
  slots of 20 minutes
"""


@dataclass(frozen=True)
class SampleRound:
    due: list[DueCall]
    colleagues: dict[int, Colleague]
    directory: Directory


def table() -> str:
    """The table of all sizes, as Markdown."""
    warm_up()
    rows = [_row(calls, people) for calls, people in SIZES]
    head = (
        "| calls × people | round, CPU ms: median (max) | solver alone | matched together | in turn "
        "| gain over in turn | mean rank of the person in the plan's order: together / in turn |"
    )
    note = f"{DRAWS} random organisations per size; the last column covers the calls that both serve."
    return "\n".join([head, "| --- | --- | --- | --- | --- | --- | --- |", *rows, "", note])


def _row(calls: int, people: int) -> str:
    took, solved, ours, greedy, before = [], [], [], [], []
    for seed in range(DRAWS):
        sample = draw(calls, people, seed)
        began = time.process_time()
        result = choose(sample.due, sample.colleagues, sample.directory, NOW)
        took.append((time.process_time() - began) * 1000)
        cost_matrix = _cost_matrix(sample)
        began = time.process_time()
        matched = match(cost_matrix)
        solved.append((time.process_time() - began) * 1000)
        assert len(result.offers) == sum(column is not None for column in matched)
        turn = in_turn(cost_matrix)
        ours.append(len(result.offers))
        greedy.append(sum(column is not None for column in turn))
        both = [call for call in range(calls) if matched[call] is not None and turn[call] is not None]
        before.append(
            [statistics.fmean(int(cost_matrix.rank[call, to[call]]) for call in both) for to in (matched, turn)]
        )
    served, less = statistics.fmean(ours), statistics.fmean(greedy)
    ranks = [statistics.fmean(part) for part in zip(*before, strict=True)]
    return (
        f"| {calls} × {people} | {statistics.median(took):.0f} ({max(took):.0f}) | {statistics.median(solved):.0f} "
        f"| {served:.0f} | {less:.0f} | {(served / less - 1) * 100:.1f} % | {ranks[0]:.1f} / {ranks[1]:.1f} |"
    )


def in_turn(cost_matrix: CostMatrix) -> list[int | None]:
    """Greedy matching: the most urgent call first, each with its best free person."""
    free = np.ones(cost_matrix.able.shape[1], dtype=np.bool_)
    columns: list[int | None] = []
    for row, able in enumerate(cost_matrix.able):
        candidates = np.flatnonzero(able & free)
        if not len(candidates):
            columns.append(None)
            continue
        order = np.lexsort(
            (cost_matrix.tie[row, candidates], cost_matrix.rank[row, candidates], cost_matrix.soft[row, candidates])
        )
        best = int(candidates[order[0]])
        free[best] = False
        columns.append(best)
    return columns


def _cost_matrix(sample: SampleRound) -> CostMatrix:
    pools = Pools(sample.directory, sample.colleagues)
    return RoundMatrix(sample.colleagues, sample.directory, pools, NOW, OCCUPANCY_LIMIT).cost_matrix(sample.due)


def draw(calls: int, people: int, seed: int) -> SampleRound:
    """An organisation with skewed skills, and calls whose urgency is independent of them."""
    rng = np.random.default_rng(seed)
    skills = tuple(Skill(number + 1, f"skill {number + 1}") for number in range(SKILLS))
    staff = tuple(
        Person(person, f"Person {person}", f"p{person}@x.example", 1, 1, _skills_of(rng))
        for person in range(1, people + 1)
    )
    head = (Team(1, "Support", "s@x.example"),), (Title(1, "Advisor"),), skills
    directory = Directory("Bench", "Europe/Copenhagen", "EUR", *head, people=staff)
    decisions = [_decision(directory, skill.name) for skill in skills]
    scarce = rng.random(calls) < SCARCE_CALLS
    required = np.where(scarce, rng.integers(1, SKILLS, calls), 0)
    due = [
        DueCall(f"c{nth}", f"e{nth}-{seed}", decisions[int(skill)], None, NOW, 0, 0)
        for nth, skill in enumerate(required)
    ]
    # People with scarce skills have had fewer calls, so they rank best for every common call.
    common = np.array([set(person.skills) == {1} for person in staff])
    loads, idles = rng.integers(0, 60, people) + 60 * common, rng.integers(0, 7200, people)
    colleagues = {
        person.id: Colleague(person.id, "", True, None, AgentState(person.id, load=int(load), idle=int(idle)))
        for person, load, idle in zip(staff, loads, idles, strict=True)
    }
    return SampleRound(due, colleagues, directory)


def _skills_of(rng: np.random.Generator) -> dict[int, int]:
    """The common skill (1), a scarce one, or both, with their levels."""
    scarce = {int(rng.integers(2, SKILLS + 1)): 3} if rng.random() < SCARCE_PEOPLE else {}
    common = {1: 3} if not scarce or rng.random() < BOTH else {}
    return common | scarce


def _decision(directory: Directory, skill: str) -> Plan:
    rules = compile_rules(RULES.format(skill=skill), directory)
    return Plan(rules.decide({}, NOW), "bench", NOW)
