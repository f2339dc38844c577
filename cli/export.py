"""`muster export`: exports all data for other programs."""

from __future__ import annotations

import click

from cli.database_session import run_on_database
from cli.environment import process_settings
from database.engine import open_engine
from database.stores.queries.export import export_lines


@click.command()
@click.option("--json", "as_json", is_flag=True, default=True, help="One JSON object per line (the only format).")
def export(as_json: bool) -> None:
    """Export all data, one JSON object per line. A last line of type "end" shows that nothing is missing."""
    run_on_database(_write(process_settings().require_database_url()))


async def _write(database_url: str) -> None:
    engine = open_engine(database_url, connections=1)
    try:
        async with engine.connect() as conn:
            async for line in export_lines(conn):
                click.echo(line, nl=False)
    finally:
        await engine.dispose()
