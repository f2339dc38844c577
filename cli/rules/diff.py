"""`muster rules diff`: shows how a change affects escalations, then a text diff."""

from __future__ import annotations

import sys
from difflib import unified_diff
from pathlib import Path
from typing import Any

import click

from cli.options import FILE, directory_option, json_option
from cli.rules.inputs import echo_json, read_directory, read_ruleset, read_text
from rules_dsl import Change, Move, compare_rules


@click.command()
@click.argument("before", type=FILE)
@click.argument("after", type=FILE)
@directory_option
@json_option
def diff(before: Path, after: Path, directory: Path, as_json: bool) -> None:
    """Show what changes for whom between the rules files BEFORE and AFTER, then a text diff.

    Exit code: 0 if every escalation is treated as before, 1 if anything changes, 2 for errors in either file.
    """
    names = read_directory(directory)
    change = compare_rules(read_ruleset(before, names), read_ruleset(after, names))
    lines = list(
        unified_diff(
            read_text(before).splitlines(), read_text(after).splitlines(), str(before), str(after), lineterm=""
        )
    )
    if as_json:
        echo_json({"before": str(before), "after": str(after), **_json(change), "text": lines})
    else:
        for line in (*_summary(change), *(("", *lines) if lines else ())):
            click.echo(line)
    sys.exit(int(not change.nothing))


def _summary(change: Change) -> list[str]:
    if change.nothing:
        return ["every escalation is treated as before"]
    lines: list[str] = []
    for move in change.moves:
        lines.append(f"{move.text}{', which does the same' if move.same_outcome else ''}")
        for region in move.regions:
            lines.append(f"  where {region.where}")
            lines.append(f"    for example: {region.example_text}")
    lines += change.actions
    lines += change.settings
    if not change.complete:
        lines.append("there may be more: the search grew too large")
    return lines


def _json(change: Change) -> dict[str, Any]:
    return {
        "nothing": change.nothing,
        "complete": change.complete,
        "moves": [_move_json(move) for move in change.moves],
        "doings": list(change.actions),
        "settings": list(change.settings),
    }


def _move_json(move: Move) -> dict[str, Any]:
    return {
        "from": move.before,
        "to": move.after,
        "text": move.text,
        "same_outcome": move.same_outcome,
        "regions": [{"where": region.where, "example": region.example_text} for region in move.regions],
    }
