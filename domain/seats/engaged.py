"""Who is in a call that runs, or above the occupancy limit, and until when: no seat can rest on them before.

What is sold on them already stands: a running call only ever makes others move away from its person.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from itertools import accumulate
from operator import or_

from domain.seats.roster import Roster


class EngagedPeople:
    """At any moment, those who are engaged beyond it. Never changed."""

    def __init__(self, roster: Roster, until: Mapping[int, int]) -> None:
        latest_first = sorted(((end, person) for person, end in until.items()), reverse=True)
        self._ends = [end for end, _ in reversed(latest_first)]
        masks: list[int] = list(accumulate((roster.mask_of([person]) for _, person in latest_first), or_))
        self._masks: list[int] = [*reversed(masks), 0]
        """At each place, those who are engaged until its end or longer."""

    def at(self, moment: int) -> int:
        return self._masks[bisect_right(self._ends, moment)]
