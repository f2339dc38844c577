"""Why a start time is closed, in words for agents and support ops. Customers see only the start times that are open."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from domain.seats.board import SeatBoard, indexes_in
from domain.seats.demand import Demand
from domain.seats.infeasibility import proven_gone


class Why(StrEnum):
    NOT_OFFERED = "not_offered"
    """The rules don't offer it, because of the hours, notice, horizon or grid."""
    NOBODY_IN_POOL = "nobody_in_pool"
    SKILL = "skill"
    """People from the team are on shift, but none of them has the required skills."""
    OFF_SHIFT = "off_shift"
    SHIFT_ENDS = "shift_ends"
    BOOKED = "booked"
    """Everybody on shift has a booked call that overlaps this one."""
    ENGAGED = "engaged"
    """Everybody on shift is either on a call that runs until then or above the occupancy limit."""
    DAY_LIMIT = "day_limit"
    RESERVE = "reserve"
    SHIFT_SHARE = "shift_share"
    NO_ARRANGEMENT = "no_arrangement"
    """Somebody is free at each moment, but the search so far has found no way to serve this call and all booked
    ones."""


@dataclass(frozen=True)
class SlotClosure:
    why: Why
    text: str
    """A sentence without its full stop."""
    proven: bool = True
    """Whether it is proven that no reassignment could free the start time, given the current shifts and bookings."""


def why_closed(board: SeatBoard, demand: Demand, team_mates: int = 0) -> SlotClosure | None:
    """The first of the usual reasons that rules everybody out at this time; None if the direct test finds somebody.

    ``team_mates``: mask of the people who could be asked if no skills were required.
    """
    if board.can_take(demand):
        return None
    pool = board.pools.get(demand.pool, 0)
    if not pool:
        return SlotClosure(Why.NOBODY_IN_POOL, "Nobody is in this pool")
    plain = demand._replace(terms=replace(demand.terms, shift_end=0, gap=0))
    on_shift = board.eligible(plain)
    if not on_shift and (engaged := board.roster.eligible(plain)):
        text = f"{_people(engaged)} on shift, but still in a call then, or resting above the occupancy limit"
        return SlotClosure(Why.ENGAGED, text, proven=False)
    if not on_shift:
        return _off_shift(board, plain, team_mates)
    if not board.eligible(demand):
        minutes = demand.terms.shift_end // 60
        return SlotClosure(Why.SHIFT_ENDS, f"No call begins in the last {minutes} minutes of a shift")
    free = board.idle(demand, board.eligible(demand))
    proven = proven_gone(board, demand)
    if not free:
        number = board.eligible(demand).bit_count()
        who = "The only person on shift has" if number == 1 else f"All {number} people on shift have"
        booked = SlotClosure(Why.BOOKED, f"{who} a booked call at this time", proven)
        return booked if proven else SlotClosure(Why.NO_ARRANGEMENT, _no_arrangement(number), proven=False)
    return _at_limit(board, demand, free, proven)


def _off_shift(board: SeatBoard, demand: Demand, team_mates: int) -> SlotClosure:
    others = team_mates
    for mask in board.on_shift(demand.begin, demand.end):
        others &= mask
    if others:
        return SlotClosure(Why.SKILL, f"{_people(others)} on shift, but without the required skills")
    return SlotClosure(
        Why.OFF_SHIFT, "Nobody in the pool is on shift for the whole call, including preparation and wrap-up"
    )


def _at_limit(board: SeatBoard, demand: Demand, free: int, proven: bool) -> SlotClosure:
    """The reason if somebody has the time but a limit rules them out."""
    left = free & ~board.full(demand.day, demand.terms)
    if not left:
        return SlotClosure(Why.DAY_LIMIT, f"{_people(free)} free, but at the limit of calls a day", proven)
    if demand.terms.reserve:
        left &= ~board.in_reserve(demand)
    if not left:
        text = f"{_people(free)} free, but kept in reserve ({demand.terms.reserve}% of a team)"
        return SlotClosure(Why.RESERVE, text, proven)
    if not any(board.shift_allows(index, demand) for index in indexes_in(left)):
        text = f"{_people(free)} free, but at the limit of {demand.terms.shift_percent}% of a shift in calls"
        return SlotClosure(Why.SHIFT_SHARE, text, proven)
    return SlotClosure(Why.NO_ARRANGEMENT, _no_arrangement(board.eligible(demand).bit_count()), proven=False)


def _people(mask: int) -> str:
    number = mask.bit_count()
    return "One person is" if number == 1 else f"{number} people are"


def _no_arrangement(number: int) -> str:
    who = "1 person on shift is" if number == 1 else f"{number} people on shift are"
    return f"{who} booked at different times, and no way was found to serve this call beside all booked ones"
