"""Domain failures across Temporal: raised as application errors, revived on the other side."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.dependencies import Dependencies
from domain.deadlines import TRANSACTION
from domain.failure import Failure

_AT_MOST = text("SELECT set_config('transaction_timeout', :milliseconds, true)")
_JSON: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any])


@asynccontextmanager
async def effect(
    dependencies: Dependencies, at_most: float = TRANSACTION.total_seconds()
) -> AsyncIterator[AsyncConnection]:
    """One transaction of ``at_most`` seconds; a domain failure in it becomes an error that is not retried.

    One that takes longer than its activity is waited for can't commit behind the back of the next attempt.
    """
    with as_application_error():
        async with transaction(dependencies, at_most) as conn:
            yield conn


@asynccontextmanager
async def transaction(dependencies: Dependencies, at_most: float) -> AsyncIterator[AsyncConnection]:
    """One transaction of ``at_most`` seconds."""
    async with dependencies.engine.begin() as conn:
        await conn.execute(_AT_MOST, {"milliseconds": str(max(1, round(at_most * 1000)))})
        yield conn


@contextmanager
def as_application_error() -> Iterator[None]:
    """A domain failure becomes an error that is not retried."""
    try:
        yield
    except Failure as failure:
        raise application_error_of(failure) from failure


def application_error_of(failure: Failure) -> ApplicationError:
    facts = _JSON.dump_python(asdict(failure), mode="json")
    # A refusal is an answer: benign errors are neither logged nor counted as failures of the worker.
    benign = ApplicationErrorCategory.BENIGN
    return ApplicationError(failure.title, facts, type=type(failure).__name__, non_retryable=True, category=benign)


def from_application_error(error: ApplicationError) -> Failure | None:
    """The failure that was raised, or None where the error is no domain failure."""
    kind = next((kind for kind in _kinds(Failure) if kind.__name__ == error.type), None)
    if kind is None:
        return None
    facts = error.details[0] if error.details else {}
    return TypeAdapter(kind).validate_python(facts) if facts else kind()


def _kinds(base: type[Failure]) -> Iterator[type[Failure]]:
    for kind in base.__subclasses__():
        yield kind
        yield from _kinds(kind)
