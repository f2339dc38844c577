"""The rating: the survey is sent, followed up with one reminder, and then closed."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow

from activities import contracts
from workflows.acting import act
from workflows.state import WorkflowState, until


async def ask_for_rating(state: WorkflowState) -> None:
    """Send the survey some time after the call, ask once more, and close it if the customer doesn't answer."""
    times, ended_at = state.times, state.call_events.ended_at or workflow.now()

    def answered() -> bool:
        return state.rated or state.over is not None

    await until(answered, ended_at + timedelta(seconds=times.ask_after), "the survey is sent")
    if answered():
        return
    if not await act(contracts.ask_for_rating, state.of_call()):
        await act(contracts.end_survey, state.of_call())
        return
    ends = workflow.now() + timedelta(seconds=times.survey_expires)
    if times.ask_again_after is not None:
        again = workflow.now() + timedelta(seconds=times.ask_again_after)
        if await until(answered, min(again, ends), "the customer rates, or is asked again"):
            return
        if again < ends:
            await act(contracts.ask_again, state.of_call())
    if not await until(answered, ends, "the customer rates, or the survey ends"):
        async with state.lock:
            if not answered():
                await act(contracts.end_survey, state.of_call())
