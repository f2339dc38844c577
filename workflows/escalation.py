"""The escalation: one ticket raised to a call, from the link to the rating. `run` tells the whole story."""

from __future__ import annotations

from temporalio import workflow

from activities.messages import EscalationOpened, Happened
from workflows import call, customer_link, muster, rating, wrap_up
from workflows.old_updates import OldUpdates
from workflows.state import WorkflowState


@workflow.defn(name="Escalation")
class EscalationWorkflow(OldUpdates):
    """Tracks the course of one escalation: what it waits for, and what is done when time runs out.

    What people do is decided in PostgreSQL and reported here, in order and at least once.
    """

    @workflow.init
    def __init__(self, opened: EscalationOpened) -> None:
        # Not in `run`, because a message may be handled before `run` first executes.
        self.state = WorkflowState.of(opened)

    @workflow.run
    async def run(self, opened: EscalationOpened) -> str:
        state, took_place = self.state, False
        while state.over is None and not took_place:
            await customer_link.wait_for_booking(state)
            took_place = await self._find_and_hold()
        if took_place:
            await wrap_up.wait_for_wrap_up(state)
            await rating.ask_for_rating(state)
        await workflow.wait_condition(workflow.all_handlers_finished)
        return state.over or "held"

    async def _find_and_hold(self) -> bool:
        """Find an agent and hold the call; find another if the first is lost. True if the call took place."""
        state = self.state
        while state.call is not None and state.over is None:
            if not await muster.find_somebody(state):
                return False
            course = await call.hold(state)
            if course is not call.CallCourse.SEARCH_AGAIN:
                return course is call.CallCourse.TOOK_PLACE
        return False

    @workflow.signal(description="Events decided in PostgreSQL: booked, accepted, joined, ended, rated …")
    def happened(self, message: Happened) -> None:
        for event in message.events:
            self.state.add_event(event)
        if self.state.reports_seq:
            workflow.upsert_memo({"seq": self.state.seq})
