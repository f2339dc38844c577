"""An activity's transaction, and its failures as Temporal's application errors."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncConnection
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.dependencies import Dependencies
from activities.messages import OfCall
from database.stores import waiting
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


async def wait_for_both_sides(conn: AsyncConnection, call: OfCall) -> None:
    """Before a no-show: if an outage kept people from joining, let Temporal try again when they have had time to."""
    info = activity.info()
    now = call.now + (info.current_attempt_scheduled_time - info.scheduled_time)
    if (longer := await waiting.may_still_join(conn, call.call_id, now)) is not None:
        raise ApplicationError(
            "both sides may still join after an outage",
            type="MayStillJoin",
            next_retry_delay=longer,
            category=ApplicationErrorCategory.BENIGN,
        )


def application_error_of(failure: Failure) -> ApplicationError:
    details = _JSON.dump_python(asdict(failure), mode="json")
    # A refusal is a valid answer: benign errors are neither logged nor counted as worker failures.
    benign = ApplicationErrorCategory.BENIGN
    return ApplicationError(failure.title, details, type=type(failure).__name__, non_retryable=True, category=benign)
