"""Why a start is closed, in words for the desk and support ops. Customers see only what is open."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from domain.seats.board import SeatBoard, indexes_in
from domain.seats.demand import Demand
from domain.seats.infeasibility import proven_impossible


class Why(StrEnum):
    NOT_OFFERED = "not_offered"
    """The rules don't offer it: hours, notice, horizon, grid."""
    NOBODY_IN_POOL = "nobody_in_pool"
    SKILL = "skill"
    """Somebody of the team is on shift, and nobody of them has what the rules require."""
    OFF_SHIFT = "off_shift"
    SHIFT_ENDS = "shift_ends"
    BOOKED = "booked"
    """Everybody on shift has a booked call in this time."""
    ENGAGED = "engaged"
    """Whoever is on shift is still in a call now, or above the occupancy limit."""
    DAY_LIMIT = "day_limit"
    RESERVE = "reserve"
    SHIFT_SHARE = "shift_share"
    NO_ARRANGEMENT = "no_arrangement"
    """Somebody is free at each moment, and no one plan serves all booked calls and this one, as far as was looked."""


@dataclass(frozen=True)
class SlotClosure:
    why: Why
    text: str
    """A whole sentence without its full stop."""
    proven: bool = True
    """Whether nothing at all could open it as things are planned."""


def why_closed(board: SeatBoard, demand: Demand, team_mates: int = 0) -> SlotClosure | None:
    """What closes this start, the first of the usual reasons that leaves nobody; None where the direct test opens it.

    ``team_mates`` are those who would do without the required skills.
    """
    if board.can_take(demand):
        return None
    pool = board.pools.get(demand.pool, 0)
    if not pool:
        return SlotClosure(Why.NOBODY_IN_POOL, "Nobody is in this pool")
    plain = demand._replace(terms=replace(demand.terms, shift_end=0, gap=0))
    here = board.eligible(plain)
    if not here and (engaged := board.roster.eligible(plain)):
        text = f"{_people(engaged)} on shift, and still in a call then, or resting above the limit of time in calls"
        return SlotClosure(Why.ENGAGED, text, proven=False)
    if not here:
        return _off_shift(board, plain, team_mates)
    if not board.eligible(demand):
        minutes = demand.terms.shift_end // 60
        return SlotClosure(Why.SHIFT_ENDS, f"No call begins in the last {minutes} minutes of a shift")
    free = board.idle(demand, board.eligible(demand))
    proven = proven_impossible(board, demand)
    if not free:
        number = board.eligible(demand).bit_count()
        who = "The only one on shift has" if number == 1 else f"All {number} on shift have"
        found = SlotClosure(Why.BOOKED, f"{who} a booked call in this time", proven)
        return found if proven else SlotClosure(Why.NO_ARRANGEMENT, _unsure(number), proven=False)
    return _limited(board, demand, free, proven)


def _off_shift(board: SeatBoard, demand: Demand, team_mates: int) -> SlotClosure:
    others = team_mates
    for mask in board.on_shift(demand.begin, demand.end):
        others &= mask
    if others:
        return SlotClosure(Why.SKILL, f"{_people(others)} on shift, and nobody of them has the required skills")
    return SlotClosure(
        Why.OFF_SHIFT, "Nobody of the pool is on shift for the whole call, preparation and wrap-up included"
    )


def _limited(board: SeatBoard, demand: Demand, free: int, proven: bool) -> SlotClosure:
    """Somebody has the time; a limit keeps the call from them."""
    left = free & ~board.full(demand.day, demand.terms)
    if not left:
        return SlotClosure(Why.DAY_LIMIT, f"{_people(free)} free, and at the limit of calls a day", proven)
    if demand.terms.reserve:
        left &= ~board.kept_back(demand)
    if not left:
        text = f"{_people(free)} free, and kept in reserve ({demand.terms.reserve}% of a team)"
        return SlotClosure(Why.RESERVE, text, proven)
    if not any(board.shift_allows(index, demand) for index in indexes_in(left)):
        text = f"{_people(free)} free, and at the limit of {demand.terms.shift_percent}% of a shift in calls"
        return SlotClosure(Why.SHIFT_SHARE, text, proven)
    return SlotClosure(Why.NO_ARRANGEMENT, _unsure(board.eligible(demand).bit_count()), proven=False)


def _people(mask: int) -> str:
    number = mask.bit_count()
    return "One person is" if number == 1 else f"{number} people are"


def _unsure(number: int) -> str:
    return f"{number} on shift are taken in turn, and no plan was found that serves this call beside all booked ones"
