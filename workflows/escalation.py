"""The escalation of one ticket to a call, from the link to the rating. `run` reads as the story."""

from __future__ import annotations

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from activities import contracts
from activities.messages import (
    Booked,
    BookSlot,
    CancelBooking,
    Ending,
    EscalationOpened,
    Happened,
    MoveBooking,
    Nudge,
    RateCall,
    RecordWrapUp,
    Withdraw,
)
from workflows import booking, call, customer_link, muster, rating, wrap_up
from workflows.acting import careful, decide
from workflows.state import WorkflowState


@workflow.defn(name="Escalation")
class EscalationWorkflow:
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

    @workflow.signal(description="Events committed in PostgreSQL: accepted, call began, call ended …")
    def happened(self, message: Happened) -> None:
        for event in message.events:
            self.state.add_event(event)

    @workflow.update
    @careful
    async def book(self, slot: BookSlot) -> Booked:
        """The customer books a slot."""
        return await booking.book(self.state, slot)

    @workflow.update
    @careful
    async def move(self, slot: MoveBooking) -> Booked:
        """The customer moves the call."""
        return await booking.move(self.state, slot)

    @workflow.update
    @careful
    async def cancel(self, _: CancelBooking) -> None:
        """The customer cancels."""
        await booking.cancel(self.state)

    @workflow.update
    @careful
    async def wrap_up(self, form: RecordWrapUp) -> None:
        """The agent wraps up."""
        await wrap_up.record(self.state, form)

    @workflow.update
    @careful
    async def rate(self, score: RateCall) -> None:
        """The customer rates the call."""
        await rating.save(self.state, score)

    @workflow.update
    @careful
    async def nudge(self, by: Nudge) -> str:
        """Support ops nudges: sends the link again, or makes the workflow read its rows. Returns what was done."""
        state = self.state
        if state.over is None and state.call is None and state.link is not None:
            await customer_link.nudge_again(state, by.actor)
            return "The link has been sent to the customer again."
        if state.call is None:
            return "There is nothing to nudge: this escalation is over."
        return f"Checked the database: the call is {(await muster.settle(state)).replace('_', ' ')}."

    @workflow.update
    @careful
    async def withdraw(self, ending: Withdraw) -> None:
        """End the escalation early: withdrawn, or its ticket solved."""
        state = self.state
        async with state.lock:
            request = Ending(state.escalation_id, ending.outcome, ending.actor, workflow.now(), ending.reason_ref)
            await decide(contracts.withdraw, request)
            state.over = ending.outcome

    @book.validator
    def _may_book(self, slot: BookSlot) -> None:
        self._refuse_when_over()

    @move.validator
    def _may_move(self, slot: MoveBooking) -> None:
        self._refuse_when_over()

    def _refuse_when_over(self) -> None:
        if self.state.over is not None:
            raise ApplicationError("It is over", {"state": "over", "wanted": ""}, type="NotNow", non_retryable=True)
