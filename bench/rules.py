"""The speed of decisions compared with other engines, of reading a file, and of a cold check.

CPU time of all threads, so that engines with threads of their own and other load on the machine don't distort it.
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
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from bench.rules_peers import PEERS, Decide, compiled_rules
from bench.rules_sample import DIRECTORY, OFFICE, moments, sample_rules, tagged_escalations, text
from rules_dsl import Facts, InHours, Ruleset, compile_rules, draft_rules, is_open, parse_rules
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
"""Maximum seconds of one pass; a slow engine decides as many of the escalations as fit."""
_EXAMPLES = Path(__file__).parent.parent / "examples"
Result = TypeVar("Result")
_CHECK = ("-m", "cli.main", "rules", "check", "examples/forty_agents.rules", "--directory")


def table() -> str:
    """The results in Markdown. Raises ``AssertionError`` if an engine decides differently."""
    decisions = [_decision_table(size) for size in SIZES]
    notes = (
        "CPU time of all threads; medians of alternating rounds, with the range. Which rule decides, without the "
        "explanation; below each table, what a whole decision takes. Of the rules, a third have an `or when`, a third "
        "an `unless`, a third ask for a tag, a third for opening hours with holidays, of which the other engines get "
        "the answer as a fact."
    )
    return "\n\n".join([notes, *decisions, _reading(), _memory(), _cold_start()])


_Sample = Sequence[tuple[Facts, datetime]]


def _sample(count: int) -> _Sample:
    """Escalations and their moments; the facts say whether the office is open, which Muster doesn't read."""
    ruleset = compiled_rules(text(sample_rules(max(SIZES))))
    clauses = (clause for rule in ruleset.rules for some in rule.when.alternatives for clause in some)
    office = next(clause.test.hours for clause in clauses if isinstance(clause.test, InHours))
    return [
        (facts | {OFFICE.name: is_open(office, now)}, now)
        for facts, now in zip(tagged_escalations(count), moments(count), strict=True)
    ]


def _decision_table(size: int) -> str:
    rules, sample = sample_rules(size), _sample(ESCALATIONS)
    engines = {name: make(rules) for name, make in PEERS.items()}
    expected = [engines["Muster"](facts, now) for facts, now in sample]
    compared = {name: _compare(engine, sample, expected, name) for name, engine in engines.items()}
    rates: dict[str, list[float]] = {name: [] for name in engines}
    for _ in range(ROUNDS):
        for name, engine in engines.items():
            rates[name].append(_rate(engine, sample[: compared[name]]))
    ours = statistics.median(rates["Muster"])
    lines = [
        f"{size} rules, 13 facts, tags, hours, {ESCALATIONS} escalations, first match, all compared results equal:\n",
        "| engine | decisions/s, median | range | Muster / engine | results compared |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for name, measured in rates.items():
        median, ratio = statistics.median(measured), ours / statistics.median(measured)
        spread = f"{min(measured):,.0f} to {max(measured):,.0f}"
        lines.append(f"| {name} | {median:,.0f} | {spread} | {ratio:,.1f} × | {compared[name]:,} |")
    return "\n".join([*lines, "", _explanation(compiled_rules(text(rules)), sample[:200])])


def _compare(engine: Decide, sample: _Sample, expected: Sequence[int | None], name: str) -> int:
    """Compare the results that fit into one pass, which also warms up the engine, and return their number."""
    start = time.perf_counter()
    for place, (facts, now) in enumerate(sample):
        assert engine(facts, now) == expected[place], f"{name} decides differently: {facts}, {now}"
        if time.perf_counter() - start > _LONGEST_PASS:
            return place + 1
    return len(sample)


def _rate(engine: Decide, sample: _Sample) -> float:
    """Decisions per CPU second."""
    start = time.process_time()
    for facts, now in sample:
        engine(facts, now)
    return len(sample) / (time.process_time() - start)


def _explanation(ruleset: Ruleset, sample: _Sample) -> str:
    without = _milliseconds(lambda: [ruleset.decide(facts, now, explain=False) for facts, now in sample])
    explained = _milliseconds(lambda: [ruleset.decide(facts, now) for facts, now in sample])
    ratio = statistics.median(explained) / statistics.median(without)
    bare, full = (_spread([one / len(sample) for one in spent], 3) for spent in (without, explained))
    return (
        f"A whole decision (whom to ask, when, with which limits): {bare} ms; with its explanation, which reads every "
        f"rule above: {full} ms, {ratio:.0f} times as long."
    )


def _reading() -> str:
    """First with empty caches, as in a new process; then again, as after a keystroke."""
    rules = text(sample_rules(1000))
    parsed, names = parse_rules(rules), Names(DIRECTORY)
    ruleset = lower_file(names, parsed.tree, rules)
    steps: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
        "parse": (clear_caches, lambda: parse_rules(rules)),
        "parse and index": (clear_caches, lambda: (parse_rules(rules), index_of(ruleset.rules))),
        "parse again": (lambda: parse_rules(rules), lambda: parse_rules(rules)),
        "resolve names": (lambda: None, lambda: lower_file(Names(DIRECTORY), parsed.tree, rules)),
        "index": (lambda: None, lambda: index_of(ruleset.rules)),
        "everything, with all proofs (`compile_rules`)": (clear_caches, lambda: compile_rules(rules, DIRECTORY)),
    }
    lines = [
        f"Reading 1,000 rules ({len(rules) // 1000} kB, {len(rules.splitlines()):,} lines, "
        f"{len(set(rules.splitlines())):,} of them distinct):\n",
        "| step | ms, median and range |",
        "| --- | ---: |",
    ]
    lines += [
        f"| {name} | {_spread(_milliseconds(work, READINGS, before))} |" for name, (before, work) in steps.items()
    ]
    return "\n".join(lines)


def _memory() -> str:
    rules = text(sample_rules(1000))
    ruleset_size, ruleset = _retained(lambda: draft_rules(rules, DIRECTORY))
    assert ruleset is not None
    index_size, _ = _retained(lambda: index_of(ruleset.rules))
    return f"Memory at 1,000 rules: the index {index_size:.2f} MB, the ruleset {ruleset_size:.2f} MB."


def _retained(make: Callable[[], Result]) -> tuple[float, Result]:
    """The megabytes that a result occupies, and the result."""
    clear_caches()
    tracemalloc.start()
    result = make()
    clear_caches()
    gc.collect()
    megabytes = tracemalloc.get_traced_memory()[0] / 1e6
    tracemalloc.stop()
    return megabytes, result


def _cold_start() -> str:
    """With compiled bytecode, as in an installed package; the first round writes it."""
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
    times = {name: _spread(measured[1:]) for name, measured in spent.items()}
    return (
        f"A cold `muster rules check examples/forty_agents.rules`: {times['check']} ms. For comparison, an empty "
        f"Python: {times['empty']} ms; with Germany's holidays from the `holidays` library, which the file needs: "
        f"{times['holidays']} ms; with `click`: {times['click']} ms."
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
    measured = []
    for _ in range(rounds):
        before()
        gc.collect()
        start = time.process_time()
        work()
        measured.append(1000 * (time.process_time() - start))
    return measured


def _spread(measured: Sequence[float], digits: int = 0) -> str:
    """The median and the range."""
    return f"{statistics.median(measured):.{digits}f} ({min(measured):.{digits}f} to {max(measured):.{digits}f})"
