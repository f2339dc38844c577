"""Settings for a command: the environment's, and those of the embedded stack where one is running."""

from __future__ import annotations

import os
from pathlib import Path

import click
from pydantic import ValidationError

from cli.stack.home import Home
from config.logging import configure
from config.settings import SettingMissing, Settings


def read_settings() -> Settings:
    """The environment's settings. A wrong one ends the command with a line that names it."""
    try:
        settings = Settings()
    except ValidationError as refused:
        lines = (f"MUSTER_{error['loc'][0]}".upper() + f": {error['msg']}" for error in refused.errors())
        raise click.ClickException("wrong settings\n" + "\n".join(lines)) from None
    return settings.model_copy(update={"home": settings.home.resolve()})


def settings_beside_stack() -> Settings:
    """Settings for a command run by hand: what `muster up` of the same home uses, unless others are set.

    Sets ``TEMPORAL_ADDRESS`` for this process where it comes from there.
    """
    settings = read_settings()
    record = Home(settings.home).read_record()
    if settings.database_url is not None or not record.database_url:
        return settings
    if record.temporal_address:
        os.environ.setdefault("TEMPORAL_ADDRESS", record.temporal_address)
    found = {
        "MUSTER_DATABASE_URL": record.database_url,
        "MUSTER_PORT": str(record.ports["web"]),
        "MUSTER_EMBEDDED": "true",
        "MUSTER_HOME": str(settings.home),
    }
    os.environ.update(found)
    return read_settings()


def example(name: str) -> Path:
    """A file of the project's own ``examples/``."""
    return Path(__file__).parent.parent / "examples" / name


def process_settings() -> Settings:
    """Settings of one process of an installation, with its logs set up. Ends the command where one is missing."""
    settings = settings_beside_stack()
    configure(settings.log_level, settings.log_format)
    try:
        settings.require_database_url()
    except SettingMissing as missing:
        raise click.ClickException(str(missing)) from None
    return settings
