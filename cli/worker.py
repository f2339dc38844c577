"""`muster worker`: runs workflows, activities and the worker's other parts."""

from __future__ import annotations

import click

from cli.environment import process_settings
from cli.shutdown import run_and_leave
from workers.main import run_worker


@click.command()
def worker() -> None:
    """Run workflows and activities, the relay and the sender, until SIGTERM."""
    settings = process_settings()
    run_and_leave(run_worker(settings))
