"""`muster rules`: a rules file at a terminal, or in a pipeline that guards one. Needs no database."""

from __future__ import annotations

import click

from cli.groups import CommandEntry, Commands

COMMANDS = {
    "check": CommandEntry("cli.rules.check", "Check a file and print every message."),
    "fmt": CommandEntry("cli.rules.fmt", "Write files in their canonical form."),
    "test": CommandEntry("cli.rules.check", "Run the expectations of a file and tell how each came out."),
    "explain": CommandEntry("cli.rules.explain", "Tell what a file does with one escalation, and why."),
    "try": CommandEntry("cli.rules.explain", "Tell who would be asked when, as a timeline.", "try_"),
    "diff": CommandEntry("cli.rules.diff", "Tell what changes for whom between two files."),
    "past": CommandEntry("cli.rules.past", "Tell what a file would have done with the last weeks' escalations."),
    "publish": CommandEntry("cli.rules.publish", "Publish a file on a running desk."),
    "serve": CommandEntry("cli.rules.serve", "Serve an editor as a language server, over stdin and stdout."),
}


@click.command(cls=Commands, listed=COMMANDS)
def rules() -> None:
    """Work with rules files."""
