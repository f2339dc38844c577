"""What keeps a person from being asked at call time, in words; and what speaks against asking them.

Guards of two kinds. A *hard constraint* keeps a person out of a call, whatever happens: the ``limits`` of the
rules, the end of their shift, and for a call now the occupancy limit. A *soft constraint* lets them be asked only
where nobody else could take the call: docs/decisions/0016-guards-before-preferences.md says which is which, and why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum

from domain.booking import Span
from rules_dsl.model.decision import AgentState, Limits

OCCUPANCY_LIMIT = 85
"""Percent of their time in which a person may be busy with calls, where the desk says nothing else."""
LOOKED_BACK = timedelta(hours=4)
"""Over how much of their present shift a person's occupancy is taken, at most."""
LEAST_TIME = timedelta(hours=1)
"""Occupancy is a share of at least this: one call after coming on is no overload."""
SHARE_SLACK = 2
"""Calls above their share of the day from which on a person has had more than their share."""
SHARE_FACTOR = 1.25


def rests_until(now: datetime) -> datetime:
    """Until when nothing is sold on somebody who is above the limit now, as long as they stay above it.

    As far ahead as occupancy looks back, to the next half hour, so that it doesn't change with every look.
    """
    half_hours = -(-(now + LOOKED_BACK).timestamp() // 1800)
    return datetime.fromtimestamp(half_hours * 1800, UTC)


class SoftConstraint(IntEnum):
    """What speaks against asking somebody, by weight: each outweighs those below it together."""

    MORE_THAN_THEIR_SHARE = 1
    NEEDED_FOR_A_SEAT = 2
    OVER_OCCUPANCY = 4


WORDS = {
    SoftConstraint.OVER_OCCUPANCY: "above the occupancy limit",
    SoftConstraint.NEEDED_FOR_A_SEAT: "needed for a booked call at that time",
    SoftConstraint.MORE_THAN_THEIR_SHARE: "had more than their share of today's calls",
}


@dataclass(frozen=True)
class Colleague:
    """What is known of one person at the moment of a round."""

    person: int
    hindrance: str
    """Why they can't be asked for anything now (``not on shift``, ``away: lunch``, ``on a call``); else empty."""
    on_duty: bool
    """On shift and present, free or not."""
    idle: timedelta | None
    """Since their last call ended; None where they had none."""
    state: AgentState
    shift: Span | None = None
    """The whole of the present one, meetings and lunch included; None where it is not known, and then nothing is
    held against them."""
    busy_in_shift: timedelta = timedelta(0)
    """Calls and wrap-up in the present shift."""
    busy_lately: timedelta = timedelta(0)
    """The same in the last ``LOOKED_BACK`` of it."""
    worked_today: timedelta = timedelta(0)
    """On shift since the desk's day began."""
    free_until: datetime | None = None
    """When calls can't be served any more for now: a meeting, lunch, the end of the shift; None: not known."""

    def occupancy(self, now: datetime) -> int:
        """Percent of their time lately in which they were busy with calls."""
        worked = LEAST_TIME if self.shift is None else max(min(now - self.shift[0], LOOKED_BACK), LEAST_TIME)
        return int(self.busy_lately / worked * 100)


@dataclass(frozen=True)
class Needs:
    """What a call asks of a person's time. Calls that ask the same are judged together."""

    limits: Limits
    begins_at: datetime
    lasts: timedelta
    booked: bool
    wrap_up: timedelta = timedelta(0)


def objection(needs: Needs, colleague: Colleague, title: int, occupancy_limit: int, now: datetime) -> str:
    """The first hard constraint that keeps this person from such a call; empty where nothing does."""
    return _by_count(needs.limits, colleague, title) or _by_time(needs, colleague, occupancy_limit, now)


def _by_count(limits: Limits, colleague: Colleague, title: int) -> str:
    had = colleague.state.calls_today
    if limits.calls_a_day is not None and had >= limits.calls_a_day:
        return f"has had {had} calls today, the most the rules allow"
    of_title = dict(limits.title_calls_a_day).get(title)
    if of_title is not None and had >= of_title:
        return f"has had {had} calls today, the most the rules allow for their title"
    return ""


def _by_time(needs: Needs, colleague: Colleague, occupancy_limit: int, now: datetime) -> str:
    limits, shift = needs.limits, colleague.shift
    if colleague.idle is not None and colleague.idle < timedelta(seconds=limits.gap):
        return f"ended a call {int(colleague.idle.total_seconds() // 60)} min ago; the rules leave a gap"
    if shift is not None:
        if needs.begins_at > shift[1] - timedelta(seconds=limits.shift_end):
            return f"is in the last {limits.shift_end // 60} min of their shift; the rules keep them free"
        if needs.begins_at + needs.lasts > shift[1]:
            return "their shift ends before the call would"
        if colleague.free_until is not None and needs.begins_at + needs.lasts > colleague.free_until:
            return "their time is kept free of calls before this one would end"
        if limits.shift_percent is not None:
            most = (shift[1] - shift[0]) * limits.shift_percent / 100
            if colleague.busy_in_shift + needs.lasts + needs.wrap_up > most:
                return f"would be in calls for more than {limits.shift_percent} % of their shift"
    if not needs.booked and (share := colleague.occupancy(now)) >= occupancy_limit:
        return f"has been busy for {share} % of their time; above {occupancy_limit} % a person is skipped"
    return ""


def above_their_share(people: Sequence[Colleague]) -> frozenset[int]:
    """Those of a pool who have had more of its people's calls of today than their time on shift gives them."""
    calls = sum(one.state.calls_today for one in people)
    worked = sum((one.worked_today for one in people), timedelta(0))
    found = set()
    for one in people:
        part = one.worked_today / worked if worked else 1 / len(people)
        share = calls * part
        if one.state.calls_today >= max(share + SHARE_SLACK, share * SHARE_FACTOR):
            found.add(one.person)
    return frozenset(found)
