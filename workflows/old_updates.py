"""Updates through which people acted in the previous release.

Nobody sends them any more, but recorded histories contain them. The next release will remove them. What people do is
now decided in PostgreSQL and arrives as an event (``happened``).
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import ParamSpec, TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, FailureError

from activities import contracts
from activities.messages import (
    At,
    Booked,
    BookSlot,
    CancelBooking,
    Ending,
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
from domain.deadlines import UNTIL_KNOWN, UPDATE
from domain.escalation import Outcome
from workflows.acting import act
from workflows.muster import settle
from workflows.state import WorkflowState

Params = ParamSpec("Params")
Argument = TypeVar("Argument")
Result = TypeVar("Result")


def careful(handler: Callable[Params, Awaitable[Result]]) -> Callable[Params, Awaitable[Result]]:
    """Pass a handler's unexpected exceptions to the caller as errors; otherwise they would block the whole workflow."""

    @functools.wraps(handler)
    async def guarded(*args: Params.args, **kwargs: Params.kwargs) -> Result:
        try:
            return await handler(*args, **kwargs)
        except FailureError:
            raise
        except Exception as error:
            workflow.logger.exception("unexpected error in update")
            raise ApplicationError(type(error).__name__, type="Internal", non_retryable=True) from error

    return guarded


async def decide(activity: Callable[[Argument], Awaitable[Result]], argument: Argument) -> Result:
    """Run an effect as a local activity; if that times out, run it as an ordinary one until its outcome is known."""
    try:
        return await workflow.execute_local_activity(
            activity,
            argument,
            start_to_close_timeout=UPDATE,
            schedule_to_close_timeout=UPDATE,
            retry_policy=RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_attempts=4),
        )
    except ApplicationError:
        # The activity's own error: a refusal, or its last failure. It is the same live and on replay.
        raise
    except FailureError:
        # No answer in time. A timeout is an ActivityError only when live; on replay, it is raised without that wrapper.
        pass
    try:
        return await act(activity, argument, within=UNTIL_KNOWN)
    except ActivityError as error:
        unknown = ApplicationError("The database does not answer", {"part": "the database"}, type="Unreachable")
        raise _refusal(error) or unknown from error


def _refusal(error: ActivityError) -> ApplicationError | None:
    cause = error.cause
    return cause if isinstance(cause, ApplicationError) and cause.non_retryable else None


class OldUpdates:
    """The update handlers, which the workflow inherits."""

    state: WorkflowState

    @workflow.update
    @careful
    async def book(self, slot: BookSlot) -> Booked:
        state = self.state
        async with state.lock:
            order = HoldSeat(state.escalation_id, slot.link_id, slot.starts_at, workflow.now())
            booked = await decide(contracts.hold_seat, order)
            # A repeated request with an older link is answered with that link's call, which is already over.
            if state.call is None and state.link is not None and state.link.link_id == slot.link_id:
                state.begin_call(booked.call)
            return booked

    @workflow.update
    @careful
    async def move(self, slot: MoveBooking) -> Booked:
        state = self.state
        async with state.lock:
            moved = await decide(contracts.move_seat, MoveSeat(state.escalation_id, slot.starts_at, workflow.now()))
            if state.call != moved.call:
                state.begin_call(moved.call)
            return moved

    @workflow.update
    @careful
    async def cancel(self, _: CancelBooking) -> None:
        async with self.state.lock:
            await decide(contracts.cancel_booking, At(self.state.escalation_id, workflow.now()))
            self.state.over = Outcome.CANCELLED.value

    @workflow.update
    @careful
    async def wrap_up(self, form: RecordWrapUp) -> None:
        async with self.state.lock:
            await decide(contracts.save_wrap_up, SaveWrapUp(self.state.escalation_id, form, workflow.now()))
            self.state.events_of(form.call_id).wrapped_up = True

    @workflow.update
    @careful
    async def rate(self, given: RateCall) -> None:
        async with self.state.lock:
            await decide(contracts.save_rating, SaveRating(self.state.escalation_id, given, workflow.now()))
            self.state.rated = True

    @workflow.update
    @careful
    async def nudge(self, by: Nudge) -> str:
        state = self.state
        if state.over is None and state.call is None and state.link is not None:
            key = f"{by.actor}/{workflow.now().isoformat()}"
            await act(contracts.nudge_customer, NudgeLink(state.escalation_id, state.link.link_id, workflow.now(), key))
            return "The customer has been sent the link again."
        if state.call is None:
            return "There is nothing to push: this escalation is over."
        return f"Checked the database: the call is {(await settle(state)).replace('_', ' ')}."

    @workflow.update
    @careful
    async def withdraw(self, ending: Withdraw) -> None:
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
