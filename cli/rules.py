"""`muster rules`: a rules file at a terminal, or in a pipeline that guards one. Needs no database."""

from __future__ import annotations

import click

from cli.rules_check import check, fmt, test
from cli.rules_telling import explain, try_


@click.group()
def rules() -> None:
    """Work with rules files."""


for command in (check, fmt, test, explain, try_):
    rules.add_command(command)
