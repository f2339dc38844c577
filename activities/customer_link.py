"""Customer-link activities: nudge the customer, expire the link."""

from __future__ import annotations

from temporalio import activity

from activities.dependencies import Dependencies
from activities.errors import effect
from activities.messages import At, CallDue, LinkOut, NudgeLink, Stands
from database.stores import customer_link
from database.stores.customer_link import IssuedLink


class CustomerLinkActivities:
    def __init__(self, dependencies: Dependencies) -> None:
        self.dependencies = dependencies

    @activity.defn
    async def nudge_customer(self, link: NudgeLink) -> None:
        async with effect(self.dependencies) as conn:
            await customer_link.nudge(conn, link.escalation_id, link.link_id, link.now, key=link.key)

    @activity.defn
    async def expire_link(self, at: At) -> Stands:
        async with effect(self.dependencies) as conn:
            outcome, call = await customer_link.expire(conn, at.escalation_id, at.now)
        return Stands(None if call is None else CallDue(str(call.id), call.starts_at, call.muster_at), outcome)


def link_out(issued: IssuedLink | None) -> LinkOut | None:
    """The link, converted to the workflow's message type; None stays None."""
    if issued is None:
        return None
    return LinkOut(issued.link_id, issued.life.nudge_at, issued.life.expires_at)
