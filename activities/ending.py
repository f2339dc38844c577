"""The activity that ends an escalation early, when it is withdrawn or its ticket is solved."""

from __future__ import annotations

from temporalio import activity

from activities.dependencies import Dependencies
from activities.errors import effect
from activities.messages import Ending
from database.stores.escalations import withdraw as stores
from database.stores.journal.free_text import read_text
from domain.escalation import Outcome


class EndingActivities:
    def __init__(self, dependencies: Dependencies) -> None:
        self.dependencies = dependencies

    @activity.defn
    async def withdraw(self, ending: Ending) -> None:
        async with effect(self.dependencies) as conn:
            reason = await read_text(conn, ending.reason_ref)
            await stores.withdraw(conn, ending.escalation_id, Outcome(ending.outcome), ending.actor, reason, ending.now)
