"""Inputs to the `muster rules` commands: files, a directory, facts, a moment. Each error is reported on one line."""

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
"""Exit code for errors; 1 is for changes and strict warnings."""


def read_text(file: Path) -> str:
    """Read a rules file. Bytes that aren't UTF-8 are replaced, so that the checker can point at them."""
    return file.read_text("utf-8", errors="replace")


def read_directory(file: Path) -> Directory:
    """Read a directory file. If it has errors, exits with the first one."""
    try:
        data = json.loads(file.read_text("utf-8"))
        if not isinstance(data, dict):
            raise ValueError("expected an object")
        return Directory.from_json(data)
    except ValueError as error:
        raise click.BadParameter(f"{file}: {error}", param_hint="--directory") from None


def read_ruleset(file: Path, directory: Directory) -> Ruleset:
    """Compile a rules file. If it has errors, prints every diagnostic and exits."""
    text = read_text(file)
    try:
        return compile_rules(text, directory)
    except RulesRefused as refused:
        for diagnostic in refused.diagnostics:
            click.echo(render(diagnostic, text, file.name), err=True)
        raise click.exceptions.Exit(ERRORS) from None


def facts_given(given: str, directory: Directory) -> Facts:
    """Read facts from a JSON object, or from a file that contains one."""
    try:
        data = json.loads(given if given.lstrip().startswith("{") else Path(given).read_text("utf-8"))
        if not isinstance(data, dict):
            raise ValueError("expected an object of facts")
        return read_facts(data, directory)
    except (ValueError, OSError, FactRefused) as error:
        raise click.BadParameter(str(error), param_hint="--facts") from None


def moment_given(given: str | None, zone: str) -> datetime:
    """The moment in UTC; by default, now. A weekday and time without a date are taken to be in the example week."""
    if given is None:
        return datetime.now(UTC)
    zone_info = ZoneInfo(zone)
    day, _, clock = given.strip().partition(" ")
    weekday, minute = day_number(day), minute_of_day(clock)
    if weekday is not None and minute is not None:
        return wall_instant(zone_info, date.fromordinal(EXAMPLE_WEEK.toordinal() + weekday), minute * 60)
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        raise click.BadParameter(
            f"expected a moment such as 2026-02-04T12:00, found `{given}`", param_hint="--at"
        ) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone_info)).astimezone(UTC)


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
