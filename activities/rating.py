"""Rating activities: send the survey, save the score."""

from __future__ import annotations

from temporalio import activity

from activities.dependencies import Dependencies
from activities.errors import effect
from activities.messages import OfCall, SaveRating
from database.stores import rating
from database.stores.journal.free_text import read_text


class RatingActivities:
    def __init__(self, dependencies: Dependencies) -> None:
        self.dependencies = dependencies

    @activity.defn
    async def ask_for_rating(self, call: OfCall) -> bool:
        async with effect(self.dependencies) as conn:
            return await rating.ask(conn, call.escalation_id, call.call_id, self.dependencies.tokens, call.now)

    @activity.defn
    async def ask_again(self, call: OfCall) -> None:
        async with effect(self.dependencies) as conn:
            await rating.ask_again(conn, call.escalation_id, call.call_id, call.now)

    @activity.defn
    async def save_rating(self, request: SaveRating) -> None:
        given = request.rating
        async with effect(self.dependencies) as conn:
            comment = await read_text(conn, given.comment_ref)
            await rating.save_rating(conn, request.escalation_id, given.call_id, given.score, comment, request.now)

    @activity.defn
    async def end_survey(self, call: OfCall) -> None:
        async with effect(self.dependencies) as conn:
            await rating.end_survey(conn, call.escalation_id, call.call_id, call.now)
