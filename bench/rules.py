"""How fast rules decide beside other engines, how fast a file is read, and a cold check beside an empty Python.

All in processor time, of every thread: engines that wait for threads of their own, and a busy machine, count alike.
"""

from __future__ import annotations

import gc
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.rules_peers import PEERS, Decide, compiled_rules
from bench.rules_sample import DIRECTORY, NOW, conditions, escalations, text
from rules_dsl import Facts, parse_rules
from rules_dsl.lower_file import lower_file
from rules_dsl.naming import Names
from rules_dsl.rule_index import index_of

SIZES = (10, 100, 1000)
ESCALATIONS = 2000
ROUNDS = 3
_LONGEST_PASS = 0.5
"""Seconds: a slow engine decides as many of the escalations as fit, so that nobody waits for it."""
_EXAMPLES = Path(__file__).parent.parent / "examples"
_CHECK = ("-m", "cli.main", "rules", "check", "examples/forty_agents.rules", "--directory")


def table() -> str:
    """Markdown. Raises ``AssertionError`` where an engine's answers differ from ours."""
    decisions = [_deciding(size) for size in SIZES]
    told = "All in processor time, of every thread; medians of rounds in turn, and the spread."
    return "\n\n".join([told, *decisions, _explaining(), _reading(), _cold()])


def _deciding(size: int) -> str:
    rules, asked = conditions(size), escalations(ESCALATIONS)
    engines = {name: make(rules) for name, make in PEERS.items()}
    wanted = [engines["Muster"](facts) for facts in asked]
    shares = {name: _share(engine, asked, wanted, name) for name, engine in engines.items()}
    paces: dict[str, list[float]] = {name: [] for name in engines}
    for _ in range(ROUNDS):
        for name, engine in engines.items():
            paces[name].append(_pace(engine, asked[: shares[name]]))
    ours = statistics.median(paces["Muster"])
    lines = [
        f"{size} rules, 13 facts, {ESCALATIONS} escalations, first match, equal wherever compared:\n",
        "| engine | decisions/s, median | least to most | ours is | answers compared |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for name, found in paces.items():
        median, ratio = statistics.median(found), ours / statistics.median(found)
        spread = f"{min(found):,.0f} to {max(found):,.0f}"
        lines.append(f"| {name} | {median:,.0f} | {spread} | {ratio:,.1f} × | {shares[name]:,} |")
    return "\n".join(lines)


def _share(engine: Decide, asked: Sequence[Facts], wanted: Sequence[int | None], name: str) -> int:
    """How many escalations fit into one pass; those are compared, and that warms the engine too."""
    start = time.perf_counter()
    for place, facts in enumerate(asked):
        assert engine(facts) == wanted[place], f"{name} decides otherwise: {facts}"
        if time.perf_counter() - start > _LONGEST_PASS:
            return place + 1
    return len(asked)


def _pace(engine: Decide, asked: Sequence[Facts]) -> float:
    start = time.process_time()
    for facts in asked:
        engine(facts)
    return len(asked) / (time.process_time() - start)


def _explaining() -> str:
    ruleset, asked = compiled_rules(text(conditions(1000))), escalations(200)
    brief = _milliseconds(lambda: [ruleset.decide(facts, NOW, explain=False) for facts in asked])
    whole = _milliseconds(lambda: [ruleset.decide(facts, NOW) for facts in asked])
    return (
        f"A whole decision at 1,000 rules: {_spread([one / 200 for one in brief], 3)} ms; "
        f"with its explanation {_spread([one / 200 for one in whole], 3)} ms."
    )


def _reading() -> str:
    said = text(conditions(1000))
    parsed, names = parse_rules(said), Names(DIRECTORY)
    ruleset = lower_file(names, parsed.tree, said)
    steps: dict[str, Callable[[], object]] = {
        "parse": lambda: parse_rules(said),
        "resolve names": lambda: lower_file(Names(DIRECTORY), parsed.tree, said),
        "index": lambda: index_of(ruleset.rules),
    }
    told = ", ".join(f"{name} {_spread(_milliseconds(step))}" for name, step in steps.items())
    return f"Reading 1,000 rules ({len(said) // 1000} kB), in ms: {told}."


def _cold() -> str:
    check = [sys.executable, *_CHECK, str(_EXAMPLES / "forty_agents.directory.json")]
    empty, whole = [], []
    for _ in range(ROUNDS):
        empty.append(_process([sys.executable, "-c", "pass"]))
        whole.append(_process(check))
    return (
        f"A cold `muster rules check examples/forty_agents.rules`: {_spread(whole)} ms; "
        f"an empty Python: {_spread(empty)} ms."
    )


def _process(command: Sequence[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=_EXAMPLES.parent, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def _milliseconds(work: Callable[[], object]) -> list[float]:
    found = []
    for _ in range(ROUNDS):
        gc.collect()
        start = time.process_time()
        work()
        found.append(1000 * (time.process_time() - start))
    return found


def _spread(found: Sequence[float], digits: int = 0) -> str:
    return f"{statistics.median(found):.{digits}f} ({min(found):.{digits}f} to {max(found):.{digits}f})"
