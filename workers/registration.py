"""Registers every workflow and activity with a worker."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from temporalio.client import Client
from temporalio.worker import PollerBehaviorAutoscaling, Worker, WorkflowRunner

from activities.booking import BookingActivities
from activities.call import CallActivities
from activities.customer_link import CustomerLinkActivities
from activities.dependencies import Dependencies
from activities.ending import EndingActivities
from activities.muster import MusterActivities
from activities.rating import RatingActivities
from activities.waiting import WaitingActivities
from activities.wrap_up import WrapUpActivities
from domain.ids import TASK_QUEUE
from workers.sandbox import production_runner
from workflows.backstop import BackstopWorkflow
from workflows.escalation import EscalationWorkflow

CONCURRENT_ACTIVITIES = 10
"""As many as a worker with a twentieth of a core completes within an activity's time limit. With more under way, each
gets too little time, all time out, and their retries find the worker as busy as before. A transaction takes
milliseconds, so ten in parallel keep a whole core busy.
"""
CONCURRENT_WORKFLOW_TASKS = 30
"""The same for workflow tasks, whose time limit is twice as long. Fewer slow down the previous release's updates."""
BLOCKED = 8
"""After this many seconds, a workflow that hasn't yielded is taken for blocked, and its task fails: less than the
task's own limit of ten. The SDK's two seconds are soon over on a machine that is far too busy; then the failed task's
history is replayed, which takes even longer.
"""
CACHED_WORKFLOWS = 1000
"""At least as many as there are calls in the largest burst; each takes about 95 kB."""


def activities_of(dependencies: Dependencies) -> list[Callable[..., Any]]:
    """Every activity, with its dependencies."""
    link, seats, waiting = (
        CustomerLinkActivities(dependencies),
        BookingActivities(dependencies),
        WaitingActivities(dependencies),
    )
    search, call, ending = MusterActivities(dependencies), CallActivities(dependencies), EndingActivities(dependencies)
    wrap_up, rating = WrapUpActivities(dependencies), RatingActivities(dependencies)
    return [
        link.nudge_customer,
        link.expire_link,
        seats.hold_seat,
        seats.move_seat,
        seats.cancel_booking,
        waiting.remind_customer,
        waiting.remind_agent,
        search.settle,
        search.nobody_available,
        search.replace_agent,
        search.run_round,
        call.call_for_customer,
        call.customer_missed,
        wrap_up.save_wrap_up,
        wrap_up.end_unrecorded,
        rating.ask_for_rating,
        rating.ask_again,
        rating.save_rating,
        rating.end_survey,
        ending.withdraw,
    ]


def build_worker(
    client: Client,
    dependencies: Dependencies,
    *,
    runner: WorkflowRunner | None = None,
    cached_workflows: int = CACHED_WORKFLOWS,
) -> Worker:
    """A worker for the task queue. ``runner`` defaults to the production sandbox."""
    worker = Worker(
        client,
        task_queue=TASK_QUEUE,
        workflows=[EscalationWorkflow, BackstopWorkflow],
        activities=activities_of(dependencies),
        workflow_runner=runner or production_runner(),
        workflow_task_poller_behavior=PollerBehaviorAutoscaling(),
        activity_task_poller_behavior=PollerBehaviorAutoscaling(),
        max_cached_workflows=cached_workflows,
        max_concurrent_activities=CONCURRENT_ACTIVITIES,
        max_concurrent_local_activities=CONCURRENT_ACTIVITIES,
        max_concurrent_workflow_tasks=CONCURRENT_WORKFLOW_TASKS,
        # After a worker dies, the next update to each of its workflows waits this long; the default is ten seconds.
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=2),
        graceful_shutdown_timeout=timedelta(seconds=3),
    )
    # The SDK has no option for this.
    if worker._workflow_worker is not None:
        worker._workflow_worker._deadlock_timeout_seconds = BLOCKED
    return worker
