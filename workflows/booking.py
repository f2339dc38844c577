"""Booking: the customer books a slot, moves the call, cancels it. The database decides each in one transaction."""

from __future__ import annotations

from temporalio import workflow

from activities import contracts
from activities.messages import At, Booked, BookSlot, HoldSeat, MoveBooking, MoveSeat
from domain.escalation import Outcome
from workflows.acting import decide
from workflows.state import WorkflowState


async def book(state: WorkflowState, slot: BookSlot) -> Booked:
    """Book a slot. Idempotent: the same slot again gets the same answer and changes nothing."""
    async with state.lock:
        request = HoldSeat(state.escalation_id, slot.link_id, slot.starts_at, workflow.now())
        booked = await decide(contracts.hold_seat, request)
        # A repeated request with an older link is answered with that link's call, which is over.
        if state.call is None and state.link is not None and state.link.link_id == slot.link_id:
            state.begin_call(booked.call)
        return booked


async def move(state: WorkflowState, slot: MoveBooking) -> Booked:
    """Move the booked call to another slot."""
    async with state.lock:
        moved = await decide(contracts.move_seat, MoveSeat(state.escalation_id, slot.starts_at, workflow.now()))
        if state.call != moved.call:
            state.begin_call(moved.call)
        return moved


async def cancel(state: WorkflowState) -> None:
    """Cancel the booking, which ends the escalation."""
    async with state.lock:
        await decide(contracts.cancel_booking, At(state.escalation_id, workflow.now()))
        state.over = Outcome.CANCELLED.value
