"""Settings for commands: from the environment, and from the embedded stack if one is running."""

from __future__ import annotations

import os
from pathlib import Path

import click
from pydantic import ValidationError

from cli.stack.home import Home, Record
from config.logging import configure
from config.settings import SettingMissing, Settings, with_driver


def read_settings() -> Settings:
    """The settings from the environment. An invalid setting ends the command with an error that names it."""
    try:
        settings = Settings()
    except ValidationError as refused:
        lines = (f"MUSTER_{error['loc'][0]}".upper() + f": {error['msg']}" for error in refused.errors())
        raise click.ClickException("invalid settings\n" + "\n".join(lines)) from None
    return settings.model_copy(update={"home": settings.home.resolve()})


def stack_of(settings: Settings) -> Record | None:
    """The stack that these settings mean: that of their home, unless they name a database that isn't the stack's.

    If they name its database, the stack must be running, because something else may use that database since. Processes
    of a stack have been told everything.
    """
    home = Home(settings.home)
    record = home.read_record()
    if settings.embedded or not record.database_url:
        return None
    if settings.database_url is None:
        return record
    return record if settings.database_url == with_driver(record.database_url) and home.is_in_use() else None


def settings_beside_stack() -> Settings:
    """Settings for a manually run command: those of the stack that the environment means, if it means one.

    ``TEMPORAL_ADDRESS`` is then also set for this process.
    """
    settings = read_settings()
    record = stack_of(settings)
    if record is None:
        return settings
    if record.temporal_address:
        os.environ["TEMPORAL_ADDRESS"] = record.temporal_address
    stack_settings = {
        "MUSTER_DATABASE_URL": record.database_url,
        "MUSTER_PORT": str(record.ports["web"]),
        "MUSTER_EMBEDDED": "true",
        "MUSTER_HOME": str(settings.home),
    }
    os.environ.update(stack_settings)
    return read_settings()


def example(name: str) -> Path:
    """A file in the project's ``examples/`` folder."""
    return Path(__file__).parent.parent / "examples" / name


def process_settings() -> Settings:
    """Settings for a process, with logging configured. Ends the command if a required setting is missing."""
    settings = settings_beside_stack()
    configure(settings.log_level, settings.log_format)
    try:
        settings.require_database_url()
    except SettingMissing as missing:
        raise click.ClickException(str(missing)) from None
    return settings
