"""`muster migrate`: the database's shape."""

from __future__ import annotations

import click

from cli.database_session import reaching_database
from cli.environment import process_settings
from database.migrate import upgrade


@click.command()
def migrate() -> None:
    """Run the migrations that have not run yet."""
    url = process_settings().require_database_url()
    with reaching_database():
        upgrade(url)
