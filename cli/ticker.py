"""`muster ticker`: runs the rounds."""

from __future__ import annotations

import click

from cli.environment import process_settings
from cli.shutdown import run_and_leave
from workers.ticker_main import run_ticker


@click.command()
def ticker() -> None:
    """Run the rounds that find people for due calls, until SIGTERM. Run two or more tickers."""
    settings = process_settings()
    run_and_leave(run_ticker(settings))
