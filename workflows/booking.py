"""Booking: the customer takes a slot, moves it, gives it back. Each is one decision of the database."""

from __future__ import annotations

from temporalio import workflow

from activities import contracts
from activities.messages import At, Booked, BookSlot, HoldSeat, MoveBooking, MoveSeat
from domain.escalation import Outcome
from workflows.acting import decide
from workflows.state import WorkflowState


async def book(story: WorkflowState, slot: BookSlot) -> Booked:
    """Asked again for the same slot, it answers the same, and the story goes on as it was."""
    async with story.lock:
        wanted = HoldSeat(story.escalation_id, slot.link_id, slot.starts_at, workflow.now())
        booked = await decide(contracts.hold_seat, wanted)
        # An older link, sent once more, still answers with its own call; that one is over.
        if story.call is None and story.link is not None and story.link.link_id == slot.link_id:
            story.begin_call(booked.call)
        return booked


async def move(story: WorkflowState, slot: MoveBooking) -> Booked:
    async with story.lock:
        moved = await decide(contracts.move_seat, MoveSeat(story.escalation_id, slot.starts_at, workflow.now()))
        if story.call != moved.call:
            story.begin_call(moved.call)
        return moved


async def cancel(story: WorkflowState) -> None:
    async with story.lock:
        await decide(contracts.cancel_booking, At(story.escalation_id, workflow.now()))
        story.over = Outcome.CANCELLED.value
