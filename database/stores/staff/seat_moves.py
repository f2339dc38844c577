"""What a change of a person does to the calls that concern them."""

from __future__ import annotations

from dataclasses import dataclass

from database.stores.seats.reassign import AtRisk
from database.stores.staff.calls_in_hand import CallInHand


@dataclass(frozen=True)
class SeatMoves:
    """What changing a person did to the booked calls that had this person as their witness."""

    given: int = 0
    """Number of calls given to somebody else."""
    at_risk: int = 0
    """Number of calls that nobody else can take: they stay booked, and their round looks for somebody."""
    lost: tuple[AtRisk, ...] = ()
    """The calls at risk, by start time."""
    in_hand: tuple[CallInHand, ...] = ()
    """The calls that somebody who is deactivated has in hand."""

    @property
    def marks(self) -> frozenset[str]:
        """What a page must have shown before somebody is deactivated."""
        return frozenset(one.mark for one in self.in_hand)
