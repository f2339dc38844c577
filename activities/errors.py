"""An activity's transaction, and its failures as Temporal's application errors."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.dependencies import Dependencies
from activities.messages import OfCall
from database.engine import is_conflict, is_down
from database.stores import waiting
from database.transaction import transaction
from domain.failure import Busy, Failure, Unreachable

log = logging.getLogger(__name__)

_JSON: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any])


@asynccontextmanager
async def effect(dependencies: Dependencies) -> AsyncIterator[AsyncConnection]:
    """A transaction with a time limit; a domain failure in it becomes a non-retryable error.

    Without the limit, a transaction that outlasts its activity's timeout could commit after the next attempt has begun.
    """
    try:
        with as_application_error():
            async with transaction(dependencies.engine) as conn:
                yield conn
    except (DBAPIError, PoolTimeout) as error:
        if not (is_conflict(error) or is_down(error)):
            raise
        raise _postponed(error, Busy if is_conflict(error) else Unreachable) from error


def _postponed(error: Exception, kind: type[Failure]) -> ApplicationError:
    """An outage or a lock as an error that Temporal retries, logged in one line: nobody needs its traceback."""
    info, reason = activity.info(), str(error).strip().partition("\n")[0]
    ids = f"activity={info.activity_type} workflow={info.workflow_id} attempt={info.attempt}"
    log.warning("effect postponed %s reason=%s", ids, reason)
    return ApplicationError(reason, type=kind.__name__, category=ApplicationErrorCategory.BENIGN)


@contextmanager
def as_application_error() -> Iterator[None]:
    """Turn a domain failure into a non-retryable ``ApplicationError``."""
    try:
        yield
    except (Busy, Unreachable) as failure:
        # These aren't answers, so Temporal retries.
        raise _postponed(failure, type(failure)) from failure
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
