"""Work on the database for a person at a terminal: where it doesn't answer, a line says so."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import TypeVar

import click
from sqlalchemy.exc import OperationalError


@contextmanager
def reaching_database() -> Iterator[None]:
    """Ends the command with the database's own first words where it can't be reached."""
    try:
        yield
    except OperationalError as failure:
        words = str(failure.orig or failure).strip().splitlines()[0]
        raise click.ClickException(f"the database does not answer: {words}") from None


Result = TypeVar("Result")


def run_on_database(work: Coroutine[None, None, Result]) -> Result:
    """Run to the end and return the result."""
    with reaching_database():
        return asyncio.run(work)
