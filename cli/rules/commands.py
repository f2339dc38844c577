"""`muster rules`: commands that work with rules files, in a terminal or a pipeline. Most need no database."""

from __future__ import annotations

import click

from cli.groups import CommandEntry, Commands

COMMANDS = {
    "check": CommandEntry("cli.rules.check", "Check a file and print every diagnostic."),
    "fmt": CommandEntry("cli.rules.fmt", "Write files in their canonical form."),
    "test": CommandEntry("cli.rules.check", "Run the expectations of a file and print the results."),
    "explain": CommandEntry("cli.rules.explain", "Explain what a file does with one escalation, and why."),
    "try": CommandEntry("cli.rules.explain", "Show who would be asked when, as a timeline.", "try_"),
    "diff": CommandEntry("cli.rules.diff", "Show what changes for whom between two files."),
    "past": CommandEntry("cli.rules.past", "Show what a file would have done with the last weeks' escalations."),
    "publish": CommandEntry("cli.rules.publish", "Publish a file on a running installation."),
    "serve": CommandEntry("cli.rules.serve", "Run the language server for an editor, over stdin and stdout."),
}


@click.command(cls=Commands, listed=COMMANDS)
def rules() -> None:
    """Work with rules files."""
