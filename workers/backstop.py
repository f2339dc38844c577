"""The backstop's Temporal Schedule, created once and never changed afterwards."""

from __future__ import annotations

from datetime import timedelta

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
)

from domain.ids import TASK_QUEUE

SCHEDULE = "backstop"


async def keep_backstop(client: Client) -> None:
    """Create the Schedule that runs a round every minute, whatever happens to the tickers."""
    schedule = Schedule(
        action=ScheduleActionStartWorkflow("Backstop", id="backstop-round", task_queue=TASK_QUEUE),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=timedelta(minutes=1))]),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=timedelta(minutes=1)),
    )
    try:
        await client.create_schedule(SCHEDULE, schedule)
    except ScheduleAlreadyRunningError:
        return
