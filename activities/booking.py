"""The hands of booking: a seat held, moved, given back."""

from __future__ import annotations

from temporalio import activity

from activities.messages import At, Booked, CallDue, HoldSeat, MoveSeat
from activities.refusals import effect
from activities.world import World
from database.stores import booking


class BookingActivities:
    def __init__(self, world: World) -> None:
        self.world = world

    @activity.defn
    async def hold_seat(self, slot: HoldSeat) -> Booked:
        async with effect(self.world) as conn:
            held = await booking.book(
                conn, slot.escalation_id, slot.link_id, slot.starts_at, self.world.tokens, slot.now
            )
        return _booked(held)

    @activity.defn
    async def move_seat(self, slot: MoveSeat) -> Booked:
        async with effect(self.world) as conn:
            held = await booking.move(conn, slot.escalation_id, slot.starts_at, slot.now)
        return _booked(held)

    @activity.defn
    async def cancel_booking(self, at: At) -> None:
        async with effect(self.world) as conn:
            await booking.cancel(conn, at.escalation_id, at.now)


def _booked(held: booking.Held) -> Booked:
    return Booked(CallDue(held.call_id, held.starts_at, held.muster_at))
