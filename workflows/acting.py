"""How this workflow runs its activities: one policy for effects, one for those that a person waits for."""

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
    """Something that must happen: tried until it does. Its time-outs never end the escalation."""
    return await workflow.execute_activity(
        activity,
        argument,
        start_to_close_timeout=ACTIVITY,
        schedule_to_close_timeout=within,
        retry_policy=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30)),
    )


async def decide(activity: Callable[[Argument], Awaitable[Result]], argument: Argument) -> Result:
    """An effect that somebody waits for, inside an update. Refusals and time-outs reach them as errors.

    A local activity: it costs no task of its own, so the answer is there in a third of the time. Where it does not
    answer in time, nobody knows whether the effect stands: then it is tried until it does, because this story must
    go on from what the database says. Whoever asked has meanwhile been told that asking again is safe.
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
        # The activity's own word, whether a refusal or the last of its failures; it comes so live and on replay.
        raise
    except FailureError:
        # No word in time. Not ActivityError alone: a time-out comes wrapped in one live, and bare on replay.
        pass
    try:
        return await act(activity, argument, within=UNTIL_KNOWN)
    except ActivityError as error:
        unknown = ApplicationError("The database does not answer", {"part": "the database"}, type="Unreachable")
        raise _refusal(error) or unknown from error


def _refusal(error: ActivityError) -> ApplicationError | None:
    """The answer no; None where there was no answer."""
    cause = error.cause
    return cause if isinstance(cause, ApplicationError) and cause.non_retryable else None


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
