"""`muster migrate`: migrates the database schema."""

from __future__ import annotations

import click

from cli.database_session import database_errors
from cli.environment import process_settings
from database.migrate import upgrade


@click.command()
def migrate() -> None:
    """Run pending migrations."""
    url = process_settings().require_database_url()
    with database_errors():
        upgrade(url)
