"""`muster up`: the embedded stack at a terminal."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import click

from cli.environment import read_settings
from cli.options import seed_directory_option, seed_rules_option
from cli.stack.child import ChildFailed
from cli.stack.embedded import EmbeddedStack, PortTaken
from cli.stack.home import AlreadyRunning, Home
from cli.stack.named_servers import NamedServerSilent
from cli.stack.postgres import DataFolderRefused

SHOWN_ROLES = {"agent": "Agent", "manager": "Manager", "ops": "Support ops", "admin": "Administrator"}
"""Roles for each of which one person is listed, with a sign-in link."""


@click.command()
@seed_directory_option
@seed_rules_option
def up(directory: Path | None, rules: Path | None) -> None:
    """Start everything on this machine, seed a team, and print the addresses."""
    settings = read_settings()
    home = Home(settings.home)
    try:
        with home.locked():
            files = (("directory", directory), ("rules", rules))
            # Changes made on the pages survive a restart, unless a file is given.
            seeding = [f"--{name}={path.resolve()}" for name, path in files if path is not None] or ["--once"]
            stack = EmbeddedStack(settings, home, lambda line: click.echo(f"muster: {line}", err=True), seeding)
            click.echo("Starting Muster …", err=True)
            asyncio.run(stack.run(lambda: click.echo(_addresses(stack, home, settings.base_url))))
            click.echo("Muster has stopped; its data is kept.", err=True)
    except (AlreadyRunning, PortTaken, NamedServerSilent, ChildFailed, DataFolderRefused, OSError) as failure:
        raise click.ClickException(str(failure)) from None


def _addresses(stack: EmbeddedStack, home: Home, url: str) -> str:
    rows = [("Muster", "", url)]
    if home.credentials.exists():
        people = json.loads(home.credentials.read_text())["people"]
        for role, title in SHOWN_ROLES.items():
            person = next((person for person in people if person["role"] == role), None)
            if person is not None:
                rows.append((title, person["name"], person["sign_in"]))
    if stack.catches_mail:
        rows.append(("Caught mail", "", f"{url}/dev/mail"))
    rows.append(("Temporal", "", stack.temporal))
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    lines = [f"  {title:<{widths[0]}}  {name:<{widths[1]}}  {address}" for title, name, address in rows]
    hint = f"Sign-in links work once; `muster seed --once` makes new ones. Logs: {home.logs}. Ctrl-C stops everything."
    state = [f"Muster is ready, but {sentence}." for sentence in stack.silent] or ["Muster is ready."]
    return "\n".join(["", *state, "", *lines, "", hint])
