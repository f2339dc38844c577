"""Day slots: each call's numbered position in a person's day, by which the database enforces the daily limit."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from domain.seats.board import SeatBoard
from domain.seats.demand import MOST_A_DAY


def day_slots_of(board: SeatBoard, touched: Collection[int], nth: Mapping[int, int]) -> dict[int, int]:
    """A day slot for each touched booking, and a new one for each booking that must give up its own.

    ``nth`` contains the day slots of existing bookings. No day slot exceeds its call's limit, unless the person's
    existing calls already exceed it.
    """
    result: dict[int, int] = {}
    days = {(board.assignments[booking][1], board.assignments[booking][0].day) for booking in touched}
    for index, day in sorted(days):
        title = board.members[index].title
        caps = {call.booking: call.terms.cap_of(title) for call in board.calls_on_day(index, day)}
        current = {booking: nth[booking] for booking in caps if booking not in touched and booking in nth}
        taken = set(current.values())
        new = {}
        for booking in sorted((one for one in caps if one not in current), key=lambda one: (caps[one], one)):
            free = next(slot for slot in range(1, MOST_A_DAY + 2) if slot not in taken)
            taken.add(free)
            new[booking] = free
        if any(slot > caps[booking] for booking, slot in new.items()):
            by_limit = sorted(caps, key=lambda one: (caps[one], one))
            ranked = {booking: slot for slot, booking in enumerate(by_limit, 1)}
            new = {booking: slot for booking, slot in ranked.items() if current.get(booking) != slot}
        result |= new
    return result
