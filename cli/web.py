"""`muster web`: serves the pages and the API."""

from __future__ import annotations

import click

from cli.environment import process_settings
from cli.garbage_collection import collect_seldom
from web.app import create_app
from web.server import run


@click.command()
def web() -> None:
    """Serve the pages and the API, until SIGTERM."""
    settings = process_settings()
    app = create_app(settings)
    collect_seldom()
    run(app, host=settings.host, port=settings.port)
