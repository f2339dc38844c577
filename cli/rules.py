"""`muster rules`: a rules file at a terminal, or in a pipeline that guards one."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from rules_dsl import check_rules, render
from rules_dsl.directory import Directory

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def rules() -> None:
    """Work with rules files."""


@rules.command()
@click.argument("file", type=FILE)
@click.option("--directory", type=FILE, required=True, help="The directory that the rules speak of.")
@click.option("--strict", is_flag=True, help="Warnings count too.")
def check(file: Path, directory: Path, strict: bool) -> None:
    """Check FILE and print every message.

    Ends with 0 where there is nothing to mend, 1 for warnings under --strict, 2 for errors.
    """
    try:
        known = Directory.from_json(json.loads(directory.read_text()))
    except ValueError as wrong:
        raise click.BadParameter(f"{directory}: {wrong}", param_hint="--directory") from None
    text = file.read_text()
    messages = check_rules(text, known)
    for message in messages:
        click.echo(render(message, text, file.name))
    severities = [message.severity for message in messages]
    errors, warnings = severities.count("error"), severities.count("warning")
    click.echo(f"{file.name}: {errors} errors, {warnings} warnings")
    if errors:
        sys.exit(2)
    if warnings and strict:
        sys.exit(1)
