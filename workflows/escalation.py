"""The escalation: one ticket raised to a call, from the link to the rating. Read `run` aloud."""

from __future__ import annotations

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from activities import contracts
from activities.messages import (
    At,
    Booked,
    BookSlot,
    CancelBooking,
    Ending,
    EscalationOpened,
    Happened,
    HoldSeat,
    MoveBooking,
    MoveSeat,
    Nudge,
    NudgeLink,
    RateCall,
    RecordWrapUp,
    SaveRating,
    SaveWrapUp,
    Withdraw,
)
from domain.escalation import Outcome
from workflows.acting import act, careful, decide
from workflows.call import Held, hold
from workflows.customer_link import wait_for_booking
from workflows.muster import find_somebody
from workflows.rating import ask_for_rating
from workflows.story import Story
from workflows.waiting import wait_for_muster
from workflows.wrap_up import wait_for_wrap_up


@workflow.defn(name="Escalation")
class EscalationWorkflow:
    @workflow.init
    def __init__(self, opened: EscalationOpened) -> None:
        # Here and not in `run`: a message may be handled before `run` has had its first turn.
        self.story = Story.of(opened)

    @workflow.run
    async def run(self, opened: EscalationOpened) -> str:
        story, took_place = self.story, False
        while story.over is None and not took_place:
            await wait_for_booking(story)
            await wait_for_muster(story)
            took_place = await self._find_and_hold()
        if took_place:
            await wait_for_wrap_up(story)
            await ask_for_rating(story)
        await workflow.wait_condition(workflow.all_handlers_finished)
        return story.over or "held"

    async def _find_and_hold(self) -> bool:
        """Find somebody and hold the call, with another person where the first is lost. True: it took place."""
        story = self.story
        while story.call is not None and story.over is None:
            if not await find_somebody(story):
                return False
            held = await hold(story)
            if held is not Held.SEARCH_AGAIN:
                return held is Held.TOOK_PLACE
        return False

    @workflow.signal(description="Facts decided in Postgres: offered, accepted, joined, ended …")
    def happened(self, facts: Happened) -> None:
        for event in sorted(facts.events, key=lambda event: event.seq):
            self.story.apply(event)

    @workflow.update
    @careful
    async def book(self, slot: BookSlot) -> Booked:
        """The customer books a slot."""
        async with self.story.lock:
            booked = await decide(
                contracts.hold_seat,
                HoldSeat(self.story.escalation_id, slot.link_id, slot.starts_at, workflow.now()),
            )
            if self.story.call is None:
                self.story.begin_call(booked.call)
            return booked

    @workflow.update
    @careful
    async def move(self, slot: MoveBooking) -> Booked:
        """The customer moves the call."""
        async with self.story.lock:
            moved = await decide(
                contracts.move_seat, MoveSeat(self.story.escalation_id, slot.starts_at, workflow.now())
            )
            if self.story.call != moved.call:
                self.story.begin_call(moved.call)
            return moved

    @workflow.update
    @careful
    async def cancel(self, _: CancelBooking) -> None:
        """The customer cancels."""
        async with self.story.lock:
            await decide(contracts.cancel_booking, At(self.story.escalation_id, workflow.now()))
            self.story.over = Outcome.CANCELLED.value

    @workflow.update
    @careful
    async def wrap_up(self, said: RecordWrapUp) -> None:
        """The agent wraps up."""
        async with self.story.lock:
            await decide(contracts.save_wrap_up, SaveWrapUp(self.story.escalation_id, said, workflow.now()))
            self.story.wrapped_up = True

    @workflow.update
    @careful
    async def rate(self, said: RateCall) -> None:
        """The customer rates the call."""
        async with self.story.lock:
            await decide(contracts.save_rating, SaveRating(self.story.escalation_id, said, workflow.now()))
            self.story.rated = True

    @workflow.update
    @careful
    async def nudge(self, by: Nudge) -> str:
        """Support ops gives it a push: the link mailed again, the rows looked at."""
        story = self.story
        if story.call is None and story.link is not None:
            key = f"{by.actor}/{workflow.now().isoformat()}"
            await act(
                contracts.nudge_customer, NudgeLink(story.escalation_id, story.link.link_id, workflow.now(), key)
            )
            return "The customer has been sent the link again."
        if story.call is None:
            return "There is nothing to push: this escalation is over."
        settled = await act(contracts.settle, story.of_call())
        for event in settled.events:
            story.apply(event)
        return f"Looked at the rows: the call is {settled.call_state.replace('_', ' ')}."

    @workflow.update
    @careful
    async def withdraw(self, ending: Withdraw) -> None:
        """Ended from outside: withdrawn, or the ticket solved."""
        async with self.story.lock:
            story = self.story
            order = Ending(story.escalation_id, ending.outcome, ending.actor, workflow.now(), ending.reason_ref)
            if await decide(contracts.withdraw, order):
                story.over = ending.outcome

    @book.validator
    def _may_book(self, slot: BookSlot) -> None:
        self._refuse_when_over()

    @move.validator
    def _may_move(self, slot: MoveBooking) -> None:
        self._refuse_when_over()

    def _refuse_when_over(self) -> None:
        if self.story.over is not None:
            raise ApplicationError("It is over", {"state": "over", "wanted": ""}, type="NotNow", non_retryable=True)
