"""Wrap-up activities: save the wrap-up, or close a call without one."""

from __future__ import annotations

from temporalio import activity

from activities.dependencies import Dependencies
from activities.errors import effect
from activities.messages import OfCall, SaveWrapUp
from database.stores import wrap_up
from database.stores.journal.free_text import read_text
from domain.wrap_up import Resolution, WrapUp


class WrapUpActivities:
    def __init__(self, dependencies: Dependencies) -> None:
        self.dependencies = dependencies

    @activity.defn
    async def save_wrap_up(self, request: SaveWrapUp) -> None:
        form = request.wrap_up
        async with effect(self.dependencies) as conn:
            recorded = WrapUp(
                Resolution(form.resolved),
                cause=form.cause,
                product_area=form.product_area,
                gap=form.gap,
                follow_up=form.follow_up,
                note=await read_text(conn, form.note_ref),
            )
            await wrap_up.save_wrap_up(conn, request.escalation_id, form.call_id, form.person_id, recorded, request.now)

    @activity.defn
    async def end_unrecorded(self, call: OfCall) -> None:
        async with effect(self.dependencies) as conn:
            await wrap_up.end_unrecorded(conn, call.escalation_id, call.call_id, call.now)
