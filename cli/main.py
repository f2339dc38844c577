"""`muster`: the one command. Each of its commands lives in a module of its own, loaded when asked for."""

from __future__ import annotations

import click

from cli.groups import CommandEntry, Commands

COMMANDS = {
    "up": CommandEntry("cli.up", "Start everything on this machine and print the addresses."),
    "web": CommandEntry("cli.web", "Serve the pages and the API."),
    "worker": CommandEntry("cli.worker", "Run the workflows, their activities, the relay and the sender."),
    "ticker": CommandEntry("cli.ticker", "Run the rounds that find a person for each call that is due."),
    "migrate": CommandEntry("cli.migrate", "Bring the database to this release's shape."),
    "seed": CommandEntry("cli.seed", "Load a directory and rules, and make sign-in links and an API token."),
    "rules": CommandEntry("cli.rules.commands", "Check, format, test and try a rules file; needs no database."),
    "facts": CommandEntry("cli.facts", "List, declare, change and remove what rules may ask of a ticket."),
    "escalate": CommandEntry("cli.escalate", "Open an escalation through the API."),
    "simulate": CommandEntry(
        "cli.simulate", "Play a desk's days, people found at call time beside names bound at booking."
    ),
    "export": CommandEntry("cli.export", "Write out everything, one JSON object a line."),
    "doctor": CommandEntry("cli.doctor", "Tell what is reachable, and in which state."),
    "mailbox": CommandEntry("cli.mailbox", "Catch mail into a folder instead of sending it (`muster up` starts it)."),
}
HIDDEN = {"mailbox"}


@click.command(cls=Commands, listed=COMMANDS, hidden=HIDDEN)
@click.version_option(package_name="muster", prog_name="muster")
def main() -> None:
    """Muster turns a support ticket into a call with the right kind of person."""


if __name__ == "__main__":
    main(prog_name="muster")
