"""The backstop: a Schedule runs a round every minute, in case every ticker is dead."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

from activities import contracts


@workflow.defn(name="Backstop")
class BackstopWorkflow:
    @workflow.run
    async def run(self) -> int:
        return await workflow.execute_activity(
            contracts.run_round,
            start_to_close_timeout=timedelta(seconds=10),
            retry_policy=RetryPolicy(maximum_attempts=1),
        )
