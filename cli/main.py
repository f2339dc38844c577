"""`muster`: the one command. Each of its commands lives in a module of its own, loaded when asked for."""

from __future__ import annotations

import importlib

import click

COMMANDS = {
    "up": ("cli.up", "Start everything on this machine and print the addresses."),
    "web": ("cli.web", "Serve the pages and the API."),
    "worker": ("cli.worker", "Run the workflows, their activities, the relay and the sender."),
    "ticker": ("cli.ticker", "Run the rounds that find a person for each call that is due."),
    "migrate": ("cli.migrate", "Bring the database to this release's shape."),
    "seed": ("cli.seed", "Load a directory and rules, and make sign-in links and an API token."),
    "rules": ("cli.rules", "Check, format, test and try a rules file; needs no database."),
    "escalate": ("cli.escalate", "Open an escalation through the API."),
    "export": ("cli.export", "Write out everything, one JSON object a line."),
    "doctor": ("cli.doctor", "Tell what is reachable, and in which state."),
    "mailbox": ("cli.mailbox", "Catch mail into a folder instead of sending it (`muster up` starts it)."),
}
"""Command name: the module that has it (under its own name), and its line in the list of commands."""
HIDDEN = {"mailbox"}


class Commands(click.Group):
    """Loads a command's module only when it is called: a process pays for what it runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name in COMMANDS if name not in HIDDEN]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, line = COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), cmd_name)
        command.short_help = line
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx)])


@click.command(cls=Commands)
@click.version_option(package_name="muster", prog_name="muster")
def main() -> None:
    """Muster turns a support ticket into a call with the right kind of person."""


if __name__ == "__main__":
    main(prog_name="muster")
