"""`muster rules check` and `muster rules test`, which a pipeline can run to guard a rules file."""

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

_EXPECTATIONS = (BlockKind.EXPECT, BlockKind.NEVER, BlockKind.EVERY)
_GAP = "R308"
HOLDS, FAILS = "holds", "fails"
_EXPECTATION_CODE = "R5"
"""Diagnostics about expectations have codes with this prefix. If there is any other error, no expectation is run."""


@click.command()
@file_argument
@directory_option
@click.option("--strict", is_flag=True, help="End with 1 if there are warnings.")
@json_option
def check(file: Path, directory: Path, strict: bool, as_json: bool) -> None:
    """Check FILE and print every diagnostic.

    Exit code: 0 if there are no errors, 1 for warnings if --strict is given, 2 for errors.
    """
    text = read_text(file)
    diagnostics = check_rules(text, read_directory(directory))
    severities = [diagnostic.severity for diagnostic in diagnostics]
    errors, warnings = severities.count("error"), severities.count("warning")
    if as_json:
        messages = [diagnostic_json(diagnostic) for diagnostic in diagnostics]
        echo_json({"file": str(file), "errors": errors, "warnings": warnings, "messages": messages})
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
    """Run the expectations in FILE and print the result of each.

    Exit code: 0 if all expectations hold, 2 if one fails or the file has other errors.
    """
    text = read_text(file)
    diagnostics = check_rules(text, read_directory(directory))
    other = [
        one
        for one in diagnostics
        if one.severity == "error" and not one.code.startswith(_EXPECTATION_CODE) and one.code != _GAP
    ]
    results = [] if other else _results(text, diagnostics)
    if as_json:
        shown = [
            {
                "expectation": _title(one.block),
                "line": one.block.at.line,
                "result": one.result,
                "messages": [diagnostic_json(diagnostic) for diagnostic in one.diagnostics],
            }
            for one in results
        ]
        echo_json({"file": str(file), "expectations": shown, "messages": [diagnostic_json(one) for one in other]})
    else:
        _print_results(file, text, results, other)
    sys.exit(ERRORS if other or any(one.result == FAILS for one in results) else 0)


@dataclass(frozen=True)
class Result:
    """The result of one expectation: ``holds``, ``fails``, ``not run`` or ``not proven``."""

    block: Block
    result: str
    diagnostics: tuple[Diagnostic, ...]


def _print_results(file: Path, text: str, results: Sequence[Result], other: Sequence[Diagnostic]) -> None:
    for one in results:
        click.echo(f"{one.result}: {_title(one.block)} (line {one.block.at.line})")
        for diagnostic in one.diagnostics:
            click.echo(render(diagnostic, text, file.name))
    for diagnostic in other:
        click.echo(render(diagnostic, text, file.name))
    if other:
        click.echo(f"{file.name}: not run, because the file has errors")
    else:
        holding = sum(1 for one in results if one.result == HOLDS)
        click.echo(f"{file.name}: {holding} of {len(results)} expectations hold")


def _results(text: str, diagnostics: Sequence[Diagnostic]) -> list[Result]:
    """The result of each expectation. Claims are checked only if every example holds."""
    by_block = [(block, _about(block, end, diagnostics)) for block, end in _expectations(text)]
    example_failed = any(_has_errors(about) for block, about in by_block if block.kind is BlockKind.EXPECT)
    return [Result(block, _result(block, about, example_failed), about) for block, about in by_block]


def _result(block: Block, about: Sequence[Diagnostic], example_failed: bool) -> str:
    if _has_errors(about):
        return FAILS
    if example_failed and block.kind is not BlockKind.EXPECT:
        return "not run"
    return "not proven" if about else HOLDS


def _has_errors(about: Sequence[Diagnostic]) -> bool:
    return any(diagnostic.severity == "error" for diagnostic in about)


def _expectations(text: str) -> list[tuple[Block, int]]:
    """Each expectation, with the line number at which the next block begins."""
    blocks = parse_rules(text).tree.blocks
    ends = [below.at.line for _, below in pairwise(blocks)]
    return [
        (block, end) for block, end in zip(blocks, [*ends, sys.maxsize], strict=True) if block.kind in _EXPECTATIONS
    ]


def _about(block: Block, end: int, diagnostics: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    if block.kind is BlockKind.EVERY:
        return tuple(diagnostic for diagnostic in diagnostics if diagnostic.code == _GAP)
    own = (diagnostic for diagnostic in diagnostics if diagnostic.code.startswith(_EXPECTATION_CODE))
    return tuple(diagnostic for diagnostic in own if block.at.line <= diagnostic.line < end)


def _title(block: Block) -> str:
    if block.kind is BlockKind.EVERY:
        return "every escalation finds a rule"
    name = block.name.text if block.name else ""
    return f"never {name}" if block.kind is BlockKind.NEVER else name
