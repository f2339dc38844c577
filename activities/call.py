"""Call activities: what to do about a customer who hasn't joined."""

from __future__ import annotations

from temporalio import activity

from activities.customer_link import link_out
from activities.dependencies import Dependencies
from activities.errors import effect, wait_for_both_sides
from activities.messages import Missed, OfCall
from database.stores import muster, waiting
from domain.escalation import Kind


class CallActivities:
    def __init__(self, dependencies: Dependencies) -> None:
        self.dependencies = dependencies

    @activity.defn
    async def call_for_customer(self, call: OfCall) -> None:
        async with effect(self.dependencies) as conn:
            await waiting.call_for_customer(conn, call.escalation_id, call.call_id, call.step, call.now)

    @activity.defn
    async def customer_missed(self, call: OfCall) -> Missed:
        async with effect(self.dependencies) as conn:
            await wait_for_both_sides(conn, call)
            if not await waiting.agent_waits_alone(conn, call.escalation_id, call.call_id):
                return Missed(False)
            renewed = await muster.renew_after(
                conn,
                call.escalation_id,
                call.call_id,
                Kind.CUSTOMER_MISSED,
                "customer_missed",
                self.dependencies.tokens,
                call.now,
            )
        return Missed(True, link_out(renewed))
