"""The hands of the wrap-up."""

from __future__ import annotations

from temporalio import activity

from activities.dependencies import Dependencies
from activities.errors import effect
from activities.messages import OfCall, SaveWrapUp
from database.stores import wrap_up
from database.stores.journal.free_text import read_words
from domain.wrap_up import Resolution, WrapUp


class WrapUpActivities:
    def __init__(self, dependencies: Dependencies) -> None:
        self.dependencies = dependencies

    @activity.defn
    async def save_wrap_up(self, said: SaveWrapUp) -> None:
        told = said.wrap_up
        async with effect(self.dependencies) as conn:
            recorded = WrapUp(
                Resolution(told.resolved),
                cause=told.cause,
                product_area=told.product_area,
                gap=told.gap,
                follow_up=told.follow_up,
                note=await read_words(conn, told.note_ref),
            )
            await wrap_up.save_wrap_up(conn, said.escalation_id, told.call_id, told.person_id, recorded, said.now)

    @activity.defn
    async def end_unrecorded(self, call: OfCall) -> None:
        async with effect(self.dependencies) as conn:
            await wrap_up.end_unrecorded(conn, call.escalation_id, call.call_id, call.now)
