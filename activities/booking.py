"""Booking activities, for escalations opened under the previous release: hold, move and release a seat."""

from __future__ import annotations

from temporalio import activity

from activities.dependencies import Dependencies
from activities.errors import as_application_error
from activities.messages import At, Booked, CallDue, HoldSeat, MoveSeat
from database.stores.escalations.commands import EscalationCommands
from database.stores.seats.booked_calls import BookingWithCall


class BookingActivities:
    def __init__(self, dependencies: Dependencies) -> None:
        self._commands = EscalationCommands(dependencies.engine, dependencies.tokens)

    @activity.defn
    async def hold_seat(self, slot: HoldSeat) -> Booked:
        with as_application_error():
            return _booked(await self._commands.book(slot.escalation_id, slot.link_id, slot.starts_at, slot.now))

    @activity.defn
    async def move_seat(self, slot: MoveSeat) -> Booked:
        with as_application_error():
            return _booked(await self._commands.move(slot.escalation_id, slot.starts_at, slot.now))

    @activity.defn
    async def cancel_booking(self, at: At) -> None:
        with as_application_error():
            await self._commands.cancel(at.escalation_id, at.now)


def _booked(sold: BookingWithCall) -> Booked:
    return Booked(CallDue(sold.call_id, sold.starts_at, sold.muster_at))
