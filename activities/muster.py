"""Muster activities: read the call's state, give up the search, replace an agent, run the backstop's round."""

from __future__ import annotations

from temporalio import activity

from activities.customer_link import link_out
from activities.dependencies import Dependencies
from activities.errors import effect, wait_for_both_sides
from activities.messages import Event, LinkOut, OfCall, Settled
from database.stores import muster
from database.stores.rounds import round
from domain.escalation import Kind


class MusterActivities:
    def __init__(self, dependencies: Dependencies) -> None:
        self.dependencies = dependencies

    @activity.defn
    async def settle(self, call: OfCall) -> Settled:
        async with effect(self.dependencies) as conn:
            settled = await muster.settle(conn, call.escalation_id, call.call_id)
        events = tuple(Event(row.seq, row.kind, row.at, row.body) for row in settled.events)
        return Settled(settled.call_state, events, settled.outcome)

    @activity.defn
    async def nobody_available(self, call: OfCall) -> LinkOut | None:
        async with effect(self.dependencies) as conn:
            renewed = await muster.renew_after(
                conn,
                call.escalation_id,
                call.call_id,
                Kind.NOBODY_AVAILABLE,
                "nobody_available",
                self.dependencies.tokens,
                call.now,
            )
        return link_out(renewed)

    @activity.defn
    async def replace_agent(self, call: OfCall) -> bool:
        async with effect(self.dependencies) as conn:
            await wait_for_both_sides(conn, call)
            return await muster.replace_agent(conn, call.escalation_id, call.call_id, call.offer, call.now)

    @activity.defn
    async def run_round(self) -> int:
        async with effect(self.dependencies) as conn:
            report = await round.run_round(conn, self.dependencies.tokens)
        return report.offers if report is not None else 0
