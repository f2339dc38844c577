"""Database access for commands: if the database doesn't answer, the command ends with a one-line error."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import TypeVar

import click
from sqlalchemy.exc import OperationalError


@contextmanager
def database_errors() -> Iterator[None]:
    """If the database can't be reached, end the command with the first line of the driver's error."""
    try:
        yield
    except OperationalError as failure:
        first_line = str(failure.orig or failure).strip().splitlines()[0]
        raise click.ClickException(f"the database does not answer: {first_line}") from None


Result = TypeVar("Result")


def run_on_database(work: Coroutine[None, None, Result]) -> Result:
    """Run the coroutine and return its result."""
    with database_errors():
        return asyncio.run(work)
