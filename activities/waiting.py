"""Activities for the wait before a call: reminders."""

from __future__ import annotations

from temporalio import activity

from activities.dependencies import Dependencies
from activities.errors import effect
from activities.messages import OfCall
from database.stores import waiting


class WaitingActivities:
    def __init__(self, dependencies: Dependencies) -> None:
        self.dependencies = dependencies

    @activity.defn
    async def remind_customer(self, call: OfCall) -> None:
        async with effect(self.dependencies) as conn:
            await waiting.remind_customer(conn, call.escalation_id, call.call_id, call.step, call.now)

    @activity.defn
    async def remind_agent(self, call: OfCall) -> None:
        async with effect(self.dependencies) as conn:
            await waiting.remind_agent(conn, call.escalation_id, call.call_id, call.step, call.now)
