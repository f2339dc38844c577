"""All proofs of a rules file beside two solvers on the same sets, and the meaning of a change.

The solvers are asked the same questions, rule by rule and then for a gap, incrementally, over the same classes of
values, which they get ready-made; writing the formulas is told apart. All must come to the same verdicts.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from bench.proof_peers import PEERS
from bench.rules_sample import DIRECTORY, conditions, text
from rules_dsl import Ruleset, compare_rules, draft_rules
from rules_dsl.analysis.budget import Budget
from rules_dsl.analysis.proofs import Proofs

SIZES = (10, 100, 300, 1000)
ROUNDS = 5
_UNLIMITED = 10**9
Found = TypeVar("Found")


def table() -> str:
    """Markdown. Raises ``AssertionError`` where the two differ."""
    rows = [
        "| rules | never reached | by | writing, ms | solving, ms | all proofs, ms | beside ours |",
        "| ---: | ---: | --- | ---: | ---: | ---: | ---: |",
    ]
    rows += [row for size in SIZES for row in _proving(size)]
    changes = [
        "| rules | one rule added, ms | moves | every third rule gone, ms | moves |",
        "| --- | --- | --- | --- | --- |",
    ]
    changes += [_changing(size) for size in SIZES]
    told = (
        "Which rules are never reached, and whether anything is left over; verdicts are compared, rule by rule. "
        f"Medians of {ROUNDS} rounds in turn, lowest to highest in brackets; processor time. The solvers get "
        "the classes of values ready-made; for ours, finding them counts."
    )
    return "\n\n".join([told, "\n".join(rows), "What a change means, worked out:", "\n".join(changes)])


def _proving(size: int) -> list[str]:
    ruleset = _draft(text(conditions(size)))
    ours: list[float] = []
    writing: dict[str, list[float]] = {name: [] for name in PEERS}
    solving: dict[str, list[float]] = {name: [] for name in PEERS}
    for _ in range(ROUNDS):
        spent, found = _timed(partial(_ours, ruleset))
        ours.append(spent)
        for name, write in PEERS.items():
            proofs = _proofs(ruleset)
            spent, ask = _timed(partial(write, proofs))
            writing[name].append(spent)
            spent, other = _timed(ask)
            solving[name].append(spent)
            assert found == other, f"{name} comes to other verdicts"
    never = found[:-1].count(False)
    rows = [f"| {size} | {never} | Muster | | | {_spread(ours)} | 1.0 |"]
    for name in PEERS:
        both = [sum(one) for one in zip(writing[name], solving[name], strict=True)]
        ratio = statistics.median(both) / statistics.median(ours)
        times = " | ".join(_spread(one) for one in (writing[name], solving[name], both))
        rows.append(f"| {size} | {never} | {name} | {times} | {ratio:.1f} |")
    return rows


def _ours(ruleset: Ruleset) -> list[bool]:
    """For each rule whether it is ever reached, and last whether anything is left over by those with conditions."""
    proofs = _proofs(ruleset)
    reached = [proofs.reached(place) for place in range(len(proofs.rules))]
    return [*reached, bool(proofs.gaps(1))]


def _proofs(ruleset: Ruleset) -> Proofs:
    whens = [rule.when for rule in ruleset.rules[:-1]]
    return Proofs.of(whens, ruleset.vocabulary.facts, ruleset.time_zone, budget=Budget(_UNLIMITED))


def _changing(size: int) -> str:
    whole = text(conditions(size))
    before = _draft(whole)
    heading = '\nrule "'
    parts = whole.split(heading)
    added = 'Added"\n  when priority is urgent\n  and tier is at least business\n  send to team "Support"\n'
    middle = len(parts) // 2
    one = _draft(heading.join([*parts[:middle], added, *parts[middle:]]))
    fewer = _draft(
        heading.join([parts[0], *(part for place, part in enumerate(parts[1:]) if place % 3 or place == size - 1)])
    )
    cells = []
    for after in (one, fewer):
        spent, change = [], compare_rules(before, after)
        for _ in range(ROUNDS):
            seconds, change = _timed(partial(compare_rules, before, after))
            spent.append(seconds)
        cells += [_spread(spent), f"{len(change.moves)}{'' if change.complete else ' told of more'}"]
    return f"| {size} | {' | '.join(cells)} |"


def _draft(rules: str) -> Ruleset:
    ruleset = draft_rules(rules, DIRECTORY)
    assert ruleset is not None
    return ruleset


def _timed(work: Callable[[], Found]) -> tuple[float, Found]:
    start = time.process_time()
    found = work()
    return time.process_time() - start, found


def _spread(seconds: Sequence[float]) -> str:
    low, middle, high = (1000 * one for one in (min(seconds), statistics.median(seconds), max(seconds)))
    return f"{middle:.1f} ({low:.1f} to {high:.1f})"
