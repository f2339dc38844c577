"""The escalation: one ticket raised to a call, from the link to the rating. Read `run` aloud."""

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
        # Here and not in `run`: a message may be handled before `run` has had its first turn.
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
        """Find somebody and hold the call, with another person where the first is lost. True: it took place."""
        state = self.state
        while state.call is not None and state.over is None:
            if not await muster.find_somebody(state):
                return False
            held = await call.hold(state)
            if held is not call.CallCourse.SEARCH_AGAIN:
                return held is call.CallCourse.TOOK_PLACE
        return False

    @workflow.signal(description="Facts decided in Postgres: offered, accepted, joined, ended …")
    def happened(self, facts: Happened) -> None:
        for event in facts.events:
            self.state.take_event(event)

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
    async def wrap_up(self, said: RecordWrapUp) -> None:
        """The agent wraps up."""
        await wrap_up.record(self.state, said)

    @workflow.update
    @careful
    async def rate(self, said: RateCall) -> None:
        """The customer rates the call."""
        await rating.save(self.state, said)

    @workflow.update
    @careful
    async def nudge(self, by: Nudge) -> str:
        """Support ops gives it a push: the link mailed again, or the rows looked at."""
        state = self.state
        if state.over is None and state.call is None and state.link is not None:
            await customer_link.nudge_again(state, by.actor)
            return "The customer has been sent the link again."
        if state.call is None:
            return "There is nothing to push: this escalation is over."
        return f"Looked at the rows: the call is {(await muster.settle(state)).replace('_', ' ')}."

    @workflow.update
    @careful
    async def withdraw(self, ending: Withdraw) -> None:
        """Ended from outside: withdrawn, or the ticket solved."""
        state = self.state
        async with state.lock:
            order = Ending(state.escalation_id, ending.outcome, ending.actor, workflow.now(), ending.reason_ref)
            await decide(contracts.withdraw, order)
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
