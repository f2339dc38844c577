"""Domain failures as Temporal's application errors, which are not retried."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncConnection
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.dependencies import Dependencies
from database.transaction import transaction
from domain.failure import Busy, Failure, Unreachable

_JSON: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any])


@asynccontextmanager
async def effect(dependencies: Dependencies) -> AsyncIterator[AsyncConnection]:
    """A transaction with a time limit; a domain failure in it becomes a non-retryable error.

    Without the limit, a transaction that outlasts its activity's timeout could commit after the next attempt has begun.
    """
    with as_application_error():
        async with transaction(dependencies.engine) as conn:
            yield conn


@contextmanager
def as_application_error() -> Iterator[None]:
    """Turn a domain failure into a non-retryable ``ApplicationError``."""
    try:
        yield
    except (Busy, Unreachable):
        # These aren't answers, so Temporal retries.
        raise
    except Failure as failure:
        raise application_error_of(failure) from failure


def application_error_of(failure: Failure) -> ApplicationError:
    details = _JSON.dump_python(asdict(failure), mode="json")
    # A refusal is a valid answer: benign errors are neither logged nor counted as worker failures.
    benign = ApplicationErrorCategory.BENIGN
    return ApplicationError(failure.title, details, type=type(failure).__name__, non_retryable=True, category=benign)
