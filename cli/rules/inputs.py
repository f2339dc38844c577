"""What the commands on rules files are given: files, a directory, facts, a moment. Wrong ones are told in a line."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from rules_dsl import Diagnostic, FactRefused, Facts, Ruleset, RulesRefused, compile_rules, read_facts, render
from rules_dsl.directory import Directory
from rules_dsl.model.clock_words import day_number, minute_of_day
from rules_dsl.model.defaults import EXAMPLE_WEEK
from rules_dsl.model.hours import wall_instant

ERRORS = 2
"""How a command ends that met errors; 1 is for what is only to be mended."""


def read_text(file: Path) -> str:
    """Bytes that are no UTF-8 are shown as such, so that the checker can point at them."""
    return file.read_text("utf-8", errors="replace")


def read_directory(file: Path) -> Directory:
    try:
        data = json.loads(file.read_text("utf-8"))
        if not isinstance(data, dict):
            raise ValueError("an object is wanted")
        return Directory.from_json(data)
    except ValueError as wrong:
        raise click.BadParameter(f"{file}: {wrong}", param_hint="--directory") from None


def read_ruleset(file: Path, directory: Directory) -> Ruleset:
    """Ends the command with every message where the file has errors."""
    text = read_text(file)
    try:
        return compile_rules(text, directory)
    except RulesRefused as refused:
        for diagnostic in refused.diagnostics:
            click.echo(render(diagnostic, text, file.name), err=True)
        raise click.exceptions.Exit(ERRORS) from None


def facts_given(given: str, directory: Directory) -> Facts:
    """From a JSON object, or from a file that holds one."""
    try:
        data = json.loads(given if given.lstrip().startswith("{") else Path(given).read_text("utf-8"))
        if not isinstance(data, dict):
            raise ValueError("an object of facts is wanted")
        return read_facts(data, directory)
    except (ValueError, OSError, FactRefused) as wrong:
        raise click.BadParameter(str(wrong), param_hint="--facts") from None


def moment_given(given: str | None, zone: str) -> datetime:
    """In UTC. A day and time alone is one of the week in which expectations take place."""
    if given is None:
        return datetime.now(UTC)
    place = ZoneInfo(zone)
    day, _, clock = given.strip().partition(" ")
    weekday, minute = day_number(day), minute_of_day(clock)
    if weekday is not None and minute is not None:
        return wall_instant(place, date.fromordinal(EXAMPLE_WEEK.toordinal() + weekday), minute * 60)
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        raise click.BadParameter(f"`{given}` is no moment such as 2026-02-04T12:00", param_hint="--at") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=place)).astimezone(UTC)


def diagnostic_json(diagnostic: Diagnostic) -> dict[str, Any]:
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "line": diagnostic.line,
        "column": diagnostic.column,
        "length": diagnostic.length,
        "text": diagnostic.text,
        "helps": list(diagnostic.helps),
    }


def echo_json(data: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> None:
    click.echo(json.dumps(data, ensure_ascii=False, indent=2))
