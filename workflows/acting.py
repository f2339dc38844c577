"""How workflows run activities."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy

from domain.deadlines import ACTIVITY

Argument = TypeVar("Argument")
Result = TypeVar("Result")


async def act(
    activity: Callable[[Argument], Awaitable[Result]], argument: Argument, *, within: timedelta | None = None
) -> Result:
    """Run an effect that must happen, retrying it until it succeeds. Its timeouts never end the escalation.

    If ``within`` is given, gives up after that time and raises ``ActivityError``.
    """
    return await workflow.execute_activity(
        activity,
        argument,
        start_to_close_timeout=ACTIVITY,
        schedule_to_close_timeout=within,
        retry_policy=RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30)),
    )
