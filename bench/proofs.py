"""All proofs of a rules file compared with two solvers, and change summaries.

The solvers get the same questions, incrementally: whether each rule is reachable, then whether there is a gap. They get
the value classes ready-made, and encoding is timed separately. All must agree on every verdict.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from bench.proof_peers import PEERS
from bench.rules_sample import DIRECTORY, sample_rules, text
from rules_dsl import Ruleset, compare_rules, draft_rules
from rules_dsl.analysis.budget import Budget
from rules_dsl.analysis.proofs import Proofs

SIZES = (10, 100, 300, 1000)
ROUNDS = 5
_UNLIMITED = 10**9
Result = TypeVar("Result")


def table() -> str:
    """The results in Markdown. Raises ``AssertionError`` if a verdict differs."""
    rows = [
        "| rules | unreachable | by | encoding, ms | solving, ms | all proofs, ms | ratio to Muster |",
        "| ---: | ---: | --- | ---: | ---: | ---: | ---: |",
    ]
    rows += [row for size in SIZES for row in _proof_rows(size)]
    changes = [
        "| rules | one rule added, ms | moves | every third rule removed, ms | moves |",
        "| --- | --- | --- | --- | --- |",
    ]
    changes += [_change_row(size) for size in SIZES]
    notes = (
        "Which rules are unreachable, and whether there is a gap; all verdicts are compared. "
        f"Medians of {ROUNDS} alternating rounds, with the range; CPU time. The solvers get the value classes "
        "ready-made; Muster's times include computing them. Of the rules, a third have an alternative, a third an "
        "`unless`, a third ask for a tag, a third for opening hours with holidays."
    )
    return "\n\n".join([notes, "\n".join(rows), "Change summaries:", "\n".join(changes)])


def _proof_rows(size: int) -> list[str]:
    ruleset = _draft(text(sample_rules(size)))
    ours: list[float] = []
    encoding: dict[str, list[float]] = {name: [] for name in PEERS}
    solving: dict[str, list[float]] = {name: [] for name in PEERS}
    for _ in range(ROUNDS):
        spent, verdicts = _timed(partial(_ours, ruleset))
        ours.append(spent)
        for name, encode in PEERS.items():
            proofs = _proofs(ruleset)
            spent, solve = _timed(partial(encode, proofs))
            encoding[name].append(spent)
            spent, peer_verdicts = _timed(solve)
            solving[name].append(spent)
            assert verdicts == peer_verdicts, f"{name} disagrees"
    unreachable = verdicts[:-1].count(False)
    rows = [f"| {size} | {unreachable} | Muster | | | {_spread(ours)} | 1.0 |"]
    for name in PEERS:
        total = [sum(one) for one in zip(encoding[name], solving[name], strict=True)]
        ratio = statistics.median(total) / statistics.median(ours)
        times = " | ".join(_spread(one) for one in (encoding[name], solving[name], total))
        rows.append(f"| {size} | {unreachable} | {name} | {times} | {ratio:.1f} |")
    return rows


def _ours(ruleset: Ruleset) -> list[bool]:
    """Whether each rule is reachable, then whether the rules with conditions leave a gap."""
    proofs = _proofs(ruleset)
    reached = [proofs.reached(place) for place in range(len(proofs.rules))]
    return [*reached, bool(proofs.gaps(1))]


def _proofs(ruleset: Ruleset) -> Proofs:
    whens = [rule.when for rule in ruleset.rules[:-1]]
    return Proofs.of(whens, ruleset.vocabulary.facts, ruleset.time_zone, budget=Budget(_UNLIMITED))


def _change_row(size: int) -> str:
    rules = text(sample_rules(size))
    before = _draft(rules)
    heading = '\nrule "'
    parts = rules.split(heading)
    added = 'Added"\n  when priority is urgent\n  and tier is at least business\n  send to team "Support"\n'
    middle = len(parts) // 2
    longer = _draft(heading.join([*parts[:middle], added, *parts[middle:]]))
    shorter = _draft(
        heading.join([parts[0], *(part for place, part in enumerate(parts[1:]) if place % 3 or place == size - 1)])
    )
    cells = []
    for after in (longer, shorter):
        spent, change = [], compare_rules(before, after)
        for _ in range(ROUNDS):
            seconds, change = _timed(partial(compare_rules, before, after))
            spent.append(seconds)
        cells += [_spread(spent), f"{len(change.moves)}{'' if change.complete else ' of more'}"]
    return f"| {size} | {' | '.join(cells)} |"


def _draft(rules: str) -> Ruleset:
    ruleset = draft_rules(rules, DIRECTORY)
    assert ruleset is not None
    return ruleset


def _timed(work: Callable[[], Result]) -> tuple[float, Result]:
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def _spread(seconds: Sequence[float]) -> str:
    low, middle, high = (1000 * one for one in (min(seconds), statistics.median(seconds), max(seconds)))
    return f"{middle:.1f} ({low:.1f} to {high:.1f})"
