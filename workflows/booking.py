"""Booking: the customer takes a slot, moves it, gives it back. Each is one decision of the database."""

from __future__ import annotations

from temporalio import workflow

from activities import contracts
from activities.messages import At, Booked, BookSlot, HoldSeat, MoveBooking, MoveSeat
from domain.escalation import Outcome
from workflows.acting import decide
from workflows.state import WorkflowState


async def book(state: WorkflowState, slot: BookSlot) -> Booked:
    """Asked again for the same slot, it answers the same, and the story goes on as it was."""
    async with state.lock:
        wanted = HoldSeat(state.escalation_id, slot.link_id, slot.starts_at, workflow.now())
        booked = await decide(contracts.hold_seat, wanted)
        # An older link, sent once more, still answers with its own call; that one is over.
        if state.call is None and state.link is not None and state.link.link_id == slot.link_id:
            state.begin_call(booked.call)
        return booked


async def move(state: WorkflowState, slot: MoveBooking) -> Booked:
    async with state.lock:
        moved = await decide(contracts.move_seat, MoveSeat(state.escalation_id, slot.starts_at, workflow.now()))
        if state.call != moved.call:
            state.begin_call(moved.call)
        return moved


async def cancel(state: WorkflowState) -> None:
    async with state.lock:
        await decide(contracts.cancel_booking, At(state.escalation_id, workflow.now()))
        state.over = Outcome.CANCELLED.value
