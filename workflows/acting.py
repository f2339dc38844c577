"""How this workflow runs its activities: one policy for effects, one for those that a person waits for."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import ParamSpec, TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, FailureError

Params = ParamSpec("Params")
Argument = TypeVar("Argument")
Result = TypeVar("Result")

ONE_TRANSACTION = timedelta(seconds=5)
PATIENCE = timedelta(seconds=4)
"""How long a person waits for yes or no before they are told to try again."""


async def act(activity: Callable[[Argument], Awaitable[Result]], argument: Argument) -> Result:
    """Something that must happen: tried until it does. Its time-outs never end the escalation."""
    return await workflow.execute_activity(
        activity,
        argument,
        start_to_close_timeout=ONE_TRANSACTION,
        retry_policy=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30)),
    )


async def decide(activity: Callable[[Argument], Awaitable[Result]], argument: Argument) -> Result:
    """An effect that somebody waits for, inside an update. Refusals and time-outs reach them as errors.

    A local activity: it costs no task of its own, so the answer is there in a third of the time.
    """
    try:
        return await workflow.execute_local_activity(
            activity,
            argument,
            start_to_close_timeout=PATIENCE,
            schedule_to_close_timeout=PATIENCE,
            retry_policy=RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_attempts=4),
        )
    except ActivityError as error:
        if isinstance(error.cause, ApplicationError) and error.cause.non_retryable:
            raise error.cause from error
        raise ApplicationError("The database does not answer", {"part": "the database"}, type="Unreachable") from error


def careful(handler: Callable[Params, Awaitable[Result]]) -> Callable[Params, Awaitable[Result]]:
    """A handler whose bugs reach the caller as an error. A bare exception would freeze the whole workflow."""

    @functools.wraps(handler)
    async def guarded(*args: Params.args, **kwargs: Params.kwargs) -> Result:
        try:
            return await handler(*args, **kwargs)
        except FailureError:
            raise
        except Exception as error:
            workflow.logger.exception("an update failed for a reason that nobody foresaw")
            raise ApplicationError(type(error).__name__, type="Internal", non_retryable=True) from error

    return guarded
