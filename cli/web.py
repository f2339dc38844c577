"""`muster web`: the pages and the API."""

from __future__ import annotations

import click
import uvicorn

from cli.environment import process_settings
from web.app import create_app

GRACE = 3
"""Seconds that a stopping web process gives its open streams."""


@click.command()
def web() -> None:
    """Serve the pages and the API, until SIGTERM."""
    settings = process_settings()
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        proxy_headers=False,
        server_header=False,
        log_config=None,
        timeout_graceful_shutdown=GRACE,
    )
