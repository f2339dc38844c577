"""Eligibility: who may be asked to take a call, and who may be asked only as a last resort, with the reason in words.

A *hard constraint* always excludes a person from a call: the rules' ``limits``, the end of the person's shift and, for
a call now, the occupancy limit. A *soft constraint* allows asking them only if nobody else can take the call.
docs/decisions/0016-guards-before-preferences.md explains which constraints are hard, which are soft, and why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum

from domain.booking import Span
from rules_dsl.model.decision import AgentState, Limits

OCCUPANCY_LIMIT = 85
"""The default limit: the percentage of their time that a person may spend on calls."""
OCCUPANCY_WINDOW = timedelta(hours=4)
"""Occupancy is computed over the most recent part of a person's current shift, up to this length."""
OCCUPANCY_WINDOW_MIN = timedelta(hours=1)
"""Occupancy is computed as a share of at least this much time, because one call right after the start of a shift is no
overload.
"""
SHARE_SLACK = 2
SHARE_FACTOR = 1.25
"""A person has had more than their share once their calls reach both ``share + slack`` and ``share * factor``."""


def rests_until(now: datetime) -> datetime:
    """The time until which no seat is booked against somebody above the occupancy limit, as long as they stay above it.

    It is as far ahead as occupancy looks back, rounded up to the next half hour so that it doesn't change with every
    run.
    """
    half_hours = -(-(now + OCCUPANCY_WINDOW).timestamp() // 1800)
    return datetime.fromtimestamp(half_hours * 1800, UTC)


class SoftConstraint(IntEnum):
    """Soft constraints and their weights: each constraint outweighs all the lighter ones combined."""

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
    """What a round knows about one person."""

    person: int
    hindrance: str
    """Why they can't be asked now (``not on shift``, ``away: lunch``, ``on a call``); otherwise empty."""
    on_duty: bool
    """On shift and present, whether free or not."""
    idle: timedelta | None
    """Time since their last call ended; None if they had none."""
    state: AgentState
    shift: Span | None = None
    """The whole current shift, including meetings and lunch; None if unknown, in which case no shift limit applies."""
    busy_in_shift: timedelta = timedelta(0)
    """Time spent on calls and wrap-up in the current shift."""
    busy_lately: timedelta = timedelta(0)
    """The same, within the shift's last ``OCCUPANCY_WINDOW``."""
    worked_today: timedelta = timedelta(0)
    """Time on shift since the organisation's day began."""
    free_until: datetime | None = None
    """When their current time for calls ends: at a meeting, at lunch or at the end of the shift; None if unknown."""
    returns_at: datetime | None = None
    """When their next time for calls begins; None if they are on shift, or if it is unknown."""

    def occupancy(self, now: datetime) -> int:
        """The percentage of their recent time that they spent on calls."""
        worked = OCCUPANCY_WINDOW_MIN
        if self.shift is not None:
            worked = max(min(now - self.shift[0], OCCUPANCY_WINDOW), OCCUPANCY_WINDOW_MIN)
        return int(self.busy_lately / worked * 100)


@dataclass(frozen=True)
class Needs:
    """What a call demands of a person's time. Calls with equal needs share one check."""

    limits: Limits
    begins_at: datetime
    lasts: timedelta
    booked: bool
    wrap_up: timedelta = timedelta(0)


def hard_constraint(needs: Needs, colleague: Colleague, title: int, occupancy_limit: int, now: datetime) -> str:
    """The first hard constraint that excludes this person from such a call, in words; empty if none does."""
    return _by_count(needs.limits, colleague, title) or _by_time(needs, colleague, occupancy_limit, now)


def _by_count(limits: Limits, colleague: Colleague, title: int) -> str:
    calls = colleague.state.calls_today
    if limits.calls_a_day is not None and calls >= limits.calls_a_day:
        return f"has had {calls} calls today, the most the rules allow"
    of_title = dict(limits.title_calls_a_day).get(title)
    if of_title is not None and calls >= of_title:
        return f"has had {calls} calls today, the most the rules allow for their title"
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
    """Everybody in a pool who has had more than their share of its calls today; shares are in proportion to time on
    shift.
    """
    calls = sum(one.state.calls_today for one in people)
    worked = sum((one.worked_today for one in people), timedelta(0))
    found = set()
    for one in people:
        share = calls * (one.worked_today / worked if worked else 1 / len(people))
        if one.state.calls_today >= max(share + SHARE_SLACK, share * SHARE_FACTOR):
            found.add(one.person)
    return frozenset(found)
