"""`muster rules check` and `test`: what a pipeline that guards a rules file asks."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import click

from cli.options import directory_option, file_argument, json_option
from cli.rules.inputs import ERRORS, diagnostic_json, echo_json, read_directory, read_text
from rules_dsl import Block, BlockKind, Diagnostic, check_rules, parse_rules, render

_EXPECTING = (BlockKind.EXPECT, BlockKind.NEVER, BlockKind.EVERY)
_GAP = "R308"
HOLDS, FAILS = "holds", "fails"
_RUN = "R5"
"""Codes of expectations begin so; other errors keep them from being run."""


@click.command()
@file_argument
@directory_option
@click.option("--strict", is_flag=True, help="Warnings count too.")
@json_option
def check(file: Path, directory: Path, strict: bool, as_json: bool) -> None:
    """Check FILE and print every message.

    Ends with 0 where there is nothing to mend, 1 for warnings under --strict, 2 for errors.
    """
    text = read_text(file)
    diagnostics = check_rules(text, read_directory(directory))
    severities = [diagnostic.severity for diagnostic in diagnostics]
    errors, warnings = severities.count("error"), severities.count("warning")
    if as_json:
        told = [diagnostic_json(diagnostic) for diagnostic in diagnostics]
        echo_json({"file": str(file), "errors": errors, "warnings": warnings, "messages": told})
    else:
        for diagnostic in diagnostics:
            click.echo(render(diagnostic, text, file.name))
        click.echo(f"{file.name}: {errors} errors, {warnings} warnings")
    sys.exit(ERRORS if errors else int(bool(warnings and strict)))


@click.command()
@file_argument
@directory_option
@json_option
def test(file: Path, directory: Path, as_json: bool) -> None:
    """Run the expectations of FILE and tell how each came out.

    Ends with 0 where all hold, 2 where one does not or the file has other errors.
    """
    text = read_text(file)
    diagnostics = check_rules(text, read_directory(directory))
    other = [
        one for one in diagnostics if one.severity == "error" and not one.code.startswith(_RUN) and one.code != _GAP
    ]
    told = [] if other else _results(text, diagnostics)
    if as_json:
        shown = [
            {
                "expectation": _title(one.block),
                "line": one.block.at.line,
                "result": one.result,
                "messages": [diagnostic_json(diagnostic) for diagnostic in one.diagnostics],
            }
            for one in told
        ]
        echo_json({"file": str(file), "expectations": shown, "messages": [diagnostic_json(one) for one in other]})
    else:
        _tell(file, text, told, other)
    sys.exit(ERRORS if other or any(one.result == FAILS for one in told) else 0)


@dataclass(frozen=True)
class Result:
    """How one expectation came out: ``holds``, ``fails``, ``not run``, ``not proven``."""

    block: Block
    result: str
    diagnostics: tuple[Diagnostic, ...]


def _tell(file: Path, text: str, told: Sequence[Result], other: Sequence[Diagnostic]) -> None:
    for one in told:
        click.echo(f"{one.result}: {_title(one.block)} (line {one.block.at.line})")
        for diagnostic in one.diagnostics:
            click.echo(render(diagnostic, text, file.name))
    for diagnostic in other:
        click.echo(render(diagnostic, text, file.name))
    if other:
        click.echo(f"{file.name}: not run, for the file has errors")
    else:
        held = sum(1 for one in told if one.result == HOLDS)
        click.echo(f"{file.name}: {held} of {len(told)} expectations hold")


def _results(text: str, diagnostics: Sequence[Diagnostic]) -> list[Result]:
    """Claims are proven only where every example came out as said."""
    found = [(block, _about(block, end, diagnostics)) for block, end in _expectations(text)]
    broken = any(_refused(about) for block, about in found if block.kind is BlockKind.EXPECT)
    return [Result(block, _result(block, about, broken), about) for block, about in found]


def _result(block: Block, about: Sequence[Diagnostic], broken: bool) -> str:
    if _refused(about):
        return FAILS
    if broken and block.kind is not BlockKind.EXPECT:
        return "not run"
    return "not proven" if about else HOLDS


def _refused(about: Sequence[Diagnostic]) -> bool:
    return any(diagnostic.severity == "error" for diagnostic in about)


def _expectations(text: str) -> list[tuple[Block, int]]:
    """Each with the line of the block below it."""
    blocks = parse_rules(text).tree.blocks
    ends = [below.at.line for _, below in pairwise(blocks)]
    return [(block, end) for block, end in zip(blocks, [*ends, sys.maxsize], strict=True) if block.kind in _EXPECTING]


def _about(block: Block, end: int, diagnostics: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    if block.kind is BlockKind.EVERY:
        return tuple(diagnostic for diagnostic in diagnostics if diagnostic.code == _GAP)
    own = (diagnostic for diagnostic in diagnostics if diagnostic.code.startswith(_RUN))
    return tuple(diagnostic for diagnostic in own if block.at.line <= diagnostic.line < end)


def _title(block: Block) -> str:
    if block.kind is BlockKind.EVERY:
        return "every escalation finds a rule"
    name = block.name.text if block.name else ""
    return f"never {name}" if block.kind is BlockKind.NEVER else name
