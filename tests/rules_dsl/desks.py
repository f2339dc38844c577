"""The example organisations, each read once."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from rules_dsl import Directory, Ruleset, compile_rules

EXAMPLES = Path(__file__).parents[2] / "examples"
HEAD = 'rules for "Harbor Boats support"\n'


@cache
def directory(desk: str) -> Directory:
    return Directory.from_json(json.loads((EXAMPLES / f"{desk}.directory.json").read_text("utf-8")))


def rules_text(name: str) -> str:
    return (EXAMPLES / f"{name}.rules").read_text("utf-8")


@cache
def ruleset(name: str, desk: str | None = None) -> Ruleset:
    return compile_rules(rules_text(name), directory(desk or name))


def boats(text: str) -> Ruleset:
    """A ruleset for the small team, from the blocks below the heading."""
    return compile_rules(HEAD + text, directory("small_team"))
