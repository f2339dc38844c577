"""Which place of a person's day each of their calls takes: what the database counts the day's limit by."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from domain.seats.board import SeatBoard
from domain.seats.demand import MOST_A_DAY


def places_of(board: SeatBoard, touched: Collection[int], nth: Mapping[int, int]) -> dict[int, int]:
    """A place for each touched call, by booking, and a new one for those who must give theirs up.

    ``nth`` are the places of the calls that stood before. No place is above its call's limit, except where
    what stands has outgrown it already.
    """
    result: dict[int, int] = {}
    days = {(board.assignments[booking][1], board.assignments[booking][0].day) for booking in touched}
    for index, day in sorted(days):
        title = board.members[index].title
        caps = {call.booking: call.terms.cap_of(title) for call in board.on_day(index, day)}
        given = {booking: nth[booking] for booking in caps if booking not in touched and booking in nth}
        taken = set(given.values())
        new = {}
        for booking in sorted((one for one in caps if one not in given), key=lambda one: (caps[one], one)):
            free = next(place for place in range(1, MOST_A_DAY + 2) if place not in taken)
            taken.add(free)
            new[booking] = free
        if any(place > caps[booking] for booking, place in new.items()):
            by_limit = sorted(caps, key=lambda one: (caps[one], one))
            ranked = {booking: place for place, booking in enumerate(by_limit, 1)}
            new = {booking: place for booking, place in ranked.items() if given.get(booking) != place}
        result |= new
    return result
