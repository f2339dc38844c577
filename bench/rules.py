"""How fast rules decide beside other engines, how fast a file is read, and a cold check beside an empty Python.

All in processor time, of every thread: engines that wait for threads of their own, and a busy machine, count alike.
"""

from __future__ import annotations

import gc
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from bench.rules_peers import PEERS, Decide, compiled_rules
from bench.rules_sample import DIRECTORY, NOW, conditions, escalations, text
from rules_dsl import Facts, compile_rules, draft_rules, parse_rules
from rules_dsl.compiler.lower_file import lower_file
from rules_dsl.compiler.resolve_names import Names
from rules_dsl.evaluation.index import index_of
from rules_dsl.syntax.tokens import clear_caches

SIZES = (10, 100, 1000)
ESCALATIONS = 2000
ROUNDS = 3
READINGS = 9
COLD_STARTS = 9
_LONGEST_PASS = 0.5
"""Seconds: a slow engine decides as many of the escalations as fit, so that nobody waits for it."""
_EXAMPLES = Path(__file__).parent.parent / "examples"
Made = TypeVar("Made")
_CHECK = ("-m", "cli.main", "rules", "check", "examples/forty_agents.rules", "--directory")


def table() -> str:
    """Markdown. Raises ``AssertionError`` where an engine's answers differ from ours."""
    decisions = [_deciding(size) for size in SIZES]
    told = "All in processor time, of every thread; medians of rounds in turn, and the spread."
    return "\n\n".join([told, *decisions, _explaining(), _reading(), _holding(), _cold()])


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
    """First with nothing remembered of any line, as in a new process; then again, as after a keystroke."""
    said = text(conditions(1000))
    parsed, names = parse_rules(said), Names(DIRECTORY)
    ruleset = lower_file(names, parsed.tree, said)
    steps: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
        "parse": (clear_caches, lambda: parse_rules(said)),
        "parse and index": (clear_caches, lambda: (parse_rules(said), index_of(ruleset.rules))),
        "parse once more": (lambda: parse_rules(said), lambda: parse_rules(said)),
        "resolve names": (lambda: None, lambda: lower_file(Names(DIRECTORY), parsed.tree, said)),
        "index": (lambda: None, lambda: index_of(ruleset.rules)),
        "all, with every proof (`compile_rules`)": (clear_caches, lambda: compile_rules(said, DIRECTORY)),
    }
    lines = [
        f"Reading 1,000 rules ({len(said) // 1000} kB, {len(said.splitlines()):,} lines, "
        f"{len(set(said.splitlines())):,} of them different):\n",
        "| step | ms, median and spread |",
        "| --- | ---: |",
    ]
    lines += [
        f"| {name} | {_spread(_milliseconds(work, READINGS, before))} |" for name, (before, work) in steps.items()
    ]
    return "\n".join(lines)


def _holding() -> str:
    said = text(conditions(1000))
    whole, ruleset = _held(lambda: draft_rules(said, DIRECTORY))
    assert ruleset is not None
    index, _ = _held(lambda: index_of(ruleset.rules))
    return f"Held in memory at 1,000 rules: the index {index:.2f} MB, the ruleset {whole:.2f} MB."


def _held(make: Callable[[], Made]) -> tuple[float, Made]:
    """Megabytes that stay with what was made."""
    clear_caches()
    tracemalloc.start()
    made = make()
    clear_caches()
    gc.collect()
    held = tracemalloc.get_traced_memory()[0] / 1e6
    tracemalloc.stop()
    return held, made


def _cold() -> str:
    """With compiled bytecode, as an installed package has it; a first round writes it."""
    check = [sys.executable, *_CHECK, str(_EXAMPLES / "forty_agents.directory.json")]
    commands = {
        "empty": [sys.executable, "-c", "pass"],
        "check": check,
        "holidays": [sys.executable, "-c", 'import holidays; holidays.country_holidays("DE", years=2026)'],
        "click": [sys.executable, "-c", "import click"],
    }
    spent: dict[str, list[float]] = {name: [] for name in commands}
    with tempfile.TemporaryDirectory() as bytecode:
        for _ in range(1 + COLD_STARTS):
            for name, command in commands.items():
                spent[name].append(_process(command, bytecode))
    told = {name: _spread(found[1:]) for name, found in spent.items()}
    return (
        f"A cold `muster rules check examples/forty_agents.rules`: {told['check']} ms; an empty Python: "
        f"{told['empty']} ms; one that asks the library of holidays for Germany's, as the file does: "
        f"{told['holidays']} ms; one that loads the library of commands: {told['click']} ms."
    )


def _process(command: Sequence[str], bytecode: str) -> float:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = bytecode
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=_EXAMPLES.parent, check=True, capture_output=True, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def _milliseconds(
    work: Callable[[], object], rounds: int = ROUNDS, before: Callable[[], object] = lambda: None
) -> list[float]:
    found = []
    for _ in range(rounds):
        before()
        gc.collect()
        start = time.process_time()
        work()
        found.append(1000 * (time.process_time() - start))
    return found


def _spread(found: Sequence[float], digits: int = 0) -> str:
    return f"{statistics.median(found):.{digits}f} ({min(found):.{digits}f} to {max(found):.{digits}f})"
