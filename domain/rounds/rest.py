"""Rest: until when the rules or the occupancy limit keep somebody who is available free of calls. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.rounds.eligibility import OCCUPANCY_WINDOW, Colleague
from rules_dsl.model.decision import Limits

_MINUTE = timedelta(minutes=1)


class RestReason(StrEnum):
    GAP = "gap"
    """The rules leave a gap after each call."""
    CALLS_A_DAY = "calls a day"
    CALLS_A_DAY_OF_TITLE = "calls a day of title"
    SHIFT_END = "shift end"
    """The rules keep the end of each shift free."""
    SHIFT_PERCENT = "shift percent"
    OCCUPANCY = "occupancy"
    """Above the occupancy limit: calls now go to others, booked calls may still come."""


@dataclass(frozen=True)
class Rest:
    reason: RestReason
    until: datetime
    """For ``OCCUPANCY``, at the latest: it may end earlier."""
    amount: int
    """The gap and the end of the shift in seconds, the number of calls, or the percentage."""


def rest_of(
    colleague: Colleague,
    title: int,
    versions: Sequence[Limits],
    occupancy_limit: int,
    now: datetime,
    day_ends: datetime,
) -> Rest | None:
    """Why and until when no call can be offered to this person under any version of the rules; None if one can.

    ``versions``: the limits of each version by which calls are decided now. ``day_ends``: when the
    count of a day's calls begins again. Limits that depend on a call's length aren't considered.
    """
    rests = [_under(limits, colleague, title, now, day_ends) for limits in versions]
    binding = [rest for rest in rests if rest is not None]
    if binding and len(binding) == len(rests):
        return min(binding, key=lambda rest: rest.until)
    return _occupied(colleague, occupancy_limit, now)


def rest_begins(colleague: Colleague, versions: Sequence[Limits], now: datetime) -> datetime | None:
    """When the rest at the end of the shift begins by the clock alone; None if it has begun, or none is planned."""
    if colleague.shift is None or not versions:
        return None
    ends = min(limits.shift_end for limits in versions)
    begins = colleague.shift[1] - timedelta(seconds=ends)
    return begins if ends and begins > now else None


def _under(limits: Limits, colleague: Colleague, title: int, now: datetime, day_ends: datetime) -> Rest | None:
    """The rest under one version's limits that ends last."""
    rests = []
    calls, shift = colleague.state.calls_today, colleague.shift
    if colleague.idle is not None and colleague.idle < timedelta(seconds=limits.gap):
        rests.append(Rest(RestReason.GAP, now - colleague.idle + timedelta(seconds=limits.gap), limits.gap))
    if limits.calls_a_day is not None and calls >= limits.calls_a_day:
        rests.append(Rest(RestReason.CALLS_A_DAY, day_ends, calls))
    of_title = dict(limits.title_calls_a_day).get(title)
    if of_title is not None and calls >= of_title:
        rests.append(Rest(RestReason.CALLS_A_DAY_OF_TITLE, day_ends, calls))
    if shift is not None and limits.shift_end and now > shift[1] - timedelta(seconds=limits.shift_end):
        rests.append(Rest(RestReason.SHIFT_END, shift[1], limits.shift_end))
    percent = limits.shift_percent
    if shift is not None and percent is not None and colleague.busy_in_shift > (shift[1] - shift[0]) * percent / 100:
        rests.append(Rest(RestReason.SHIFT_PERCENT, shift[1], percent))
    return max(rests, key=lambda rest: rest.until, default=None)


def _occupied(colleague: Colleague, limit: int, now: datetime) -> Rest | None:
    share, shift = colleague.occupancy(now), colleague.shift
    if shift is None or share < limit:
        return None
    # Without further calls, the share falls as the shift grows; later, as the calls fall out of the window.
    until = shift[0] + colleague.busy_lately * 100 / limit
    if until - shift[0] > OCCUPANCY_WINDOW:
        until = now + OCCUPANCY_WINDOW * (100 - limit) / 100
    return Rest(RestReason.OCCUPANCY, max(until, now) + _MINUTE, share)
