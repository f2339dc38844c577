"""Command groups that import a command's module only when the command is called, so that processes start fast."""

from __future__ import annotations

import importlib
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import click


class CommandEntry(NamedTuple):
    """A command's module, and its line in the list of commands."""

    module: str
    line: str
    name: str = ""
    """What the command is called in the module, if that differs from its name here."""


class Commands(click.Group):
    """``listed`` maps command names to entries. Those in ``hidden`` can be called but aren't shown."""

    def __init__(
        self, *args: Any, listed: Mapping[str, CommandEntry], hidden: Collection[str] = (), **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.listed = listed
        self.hidden_names = hidden

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name in self.listed if name not in self.hidden_names]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.listed:
            return None
        entry = self.listed[cmd_name]
        command: click.Command = getattr(importlib.import_module(entry.module), entry.name or cmd_name)
        command.short_help = entry.line
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, self.listed[name].line) for name in self.list_commands(ctx)])
