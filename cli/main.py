"""The `muster` command. Each subcommand is a separate module, imported when it is called."""

from __future__ import annotations

import click

from cli.groups import CommandEntry, Commands

COMMANDS = {
    "up": CommandEntry("cli.up", "Start everything on this machine and print the addresses."),
    "web": CommandEntry("cli.web", "Serve the pages and the API."),
    "worker": CommandEntry("cli.worker", "Run the workflows, their activities, the relay and the sender."),
    "ticker": CommandEntry("cli.ticker", "Run the rounds that find a person for each call that is due."),
    "migrate": CommandEntry("cli.migrate", "Migrate the database to this release's schema."),
    "seed": CommandEntry("cli.seed", "Load a directory and rules, and create sign-in links and an API token."),
    "rules": CommandEntry("cli.rules.commands", "Check, format, test and try a rules file; needs no database."),
    "facts": CommandEntry("cli.facts", "List, declare, change and remove the facts that rules can use."),
    "escalate": CommandEntry("cli.escalate", "Open an escalation through the API."),
    "simulate": CommandEntry(
        "cli.simulate",
        "Simulate days: people found at call time, compared with people fixed at booking or with other staffing.",
    ),
    "export": CommandEntry("cli.export", "Export all data as JSON lines."),
    "rebuild": CommandEntry("cli.rebuild", "Rebuild workflows from the rows.", "rebuild_command"),
    "doctor": CommandEntry("cli.doctor", "Report what is reachable and what state it is in."),
    "mailbox": CommandEntry("cli.mailbox", "Store mail in a folder instead of sending it (started by `muster up`)."),
}
HIDDEN = {"mailbox"}


@click.command(cls=Commands, listed=COMMANDS, hidden=HIDDEN)
@click.version_option(package_name="muster", prog_name="muster")
def main() -> None:
    """Muster turns a support ticket into a call with the right kind of person."""


if __name__ == "__main__":
    main(prog_name="muster")
