"""How workflows run activities: one policy for effects, another for effects that a person waits for."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import ParamSpec, TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, FailureError

from domain.deadlines import ACTIVITY, UNTIL_KNOWN, UPDATE

Params = ParamSpec("Params")
Argument = TypeVar("Argument")
Result = TypeVar("Result")


async def act(
    activity: Callable[[Argument], Awaitable[Result]], argument: Argument, *, within: timedelta | None = None
) -> Result:
    """Run an effect that must happen: retried until it succeeds. Its time-outs never end the escalation.

    With ``within``, gives up after that time and raises ``ActivityError``.
    """
    return await workflow.execute_activity(
        activity,
        argument,
        start_to_close_timeout=ACTIVITY,
        schedule_to_close_timeout=within,
        retry_policy=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30)),
    )


async def decide(activity: Callable[[Argument], Awaitable[Result]], argument: Argument) -> Result:
    """Run an effect that somebody waits for, inside an update. Refusals and time-outs reach the caller as errors.

    A local activity needs no workflow task, so it answers in a third of the time. If it doesn't answer in time, its
    effect may have happened or not: then it is retried until it answers, because the workflow must continue from what
    is in the database. Meanwhile the caller has been told that sending the request again is safe.
    """
    try:
        return await workflow.execute_local_activity(
            activity,
            argument,
            start_to_close_timeout=UPDATE,
            schedule_to_close_timeout=UPDATE,
            retry_policy=RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_attempts=4),
        )
    except ApplicationError:
        # The activity's own error: a refusal, or its last failure. The same live and on replay.
        raise
    except FailureError:
        # No answer in time. Not only ActivityError: a time-out is wrapped in one when live, but bare on replay.
        pass
    try:
        return await act(activity, argument, within=UNTIL_KNOWN)
    except ActivityError as error:
        unknown = ApplicationError("The database does not answer", {"part": "the database"}, type="Unreachable")
        raise _refusal(error) or unknown from error


def _refusal(error: ActivityError) -> ApplicationError | None:
    """The activity's refusal; None if it didn't answer."""
    cause = error.cause
    return cause if isinstance(cause, ApplicationError) and cause.non_retryable else None


def careful(handler: Callable[Params, Awaitable[Result]]) -> Callable[Params, Awaitable[Result]]:
    """Make unexpected exceptions of a handler reach the caller as errors; otherwise they block the whole workflow."""

    @functools.wraps(handler)
    async def guarded(*args: Params.args, **kwargs: Params.kwargs) -> Result:
        try:
            return await handler(*args, **kwargs)
        except FailureError:
            raise
        except Exception as error:
            workflow.logger.exception("unexpected error in update")
            raise ApplicationError(type(error).__name__, type="Internal", non_retryable=True) from error

    return guarded
