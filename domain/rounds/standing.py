"""Where somebody stands between calls: one state, its reason and its end, the same on every page. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.rounds.presence import PresenceState, alive
from domain.rounds.rest import Rest


class StandingState(StrEnum):
    AVAILABLE = "available"
    RESTING = "resting"
    """Available, but kept free of calls: see ``Standing.rest``."""
    CALL_TAKEN = "call taken"
    ON_CALL = "on call"
    WRAPPING_UP = "wrapping up"
    AWAY = "away"
    OFFLINE = "offline"
    NOT_CONNECTED = "not connected"
    """Available, but nothing was heard of them."""
    OFF_SHIFT = "off shift"
    """Available, but not on shift."""
    KEPT_FREE = "kept free"
    """Available and on shift, in time that is kept free of calls."""


@dataclass(frozen=True)
class AcceptedCall:
    """A call that somebody has accepted and not wrapped up."""

    state: str
    since: datetime
    join_by: datetime | None = None
    """Until when they must have joined, or somebody else is asked."""
    frees_at: datetime | None = None
    """When their time for the wrap-up ends."""
    freed: bool = False
    """Whether a round has ended that time already: the wrap-up can still be written."""


@dataclass(frozen=True)
class PersonDesk:
    """What is known of one person: the presence they set, their last sign of life, and their shift."""

    state: str | None
    """None if they never set one."""
    reason: str
    since: datetime | None
    seen_at: datetime | None
    on_shift: bool
    free_for_calls: bool
    next_shift: datetime | None
    rest: Rest | None = None
    rest_begins: datetime | None = None
    """When the next rest begins by the clock alone."""


@dataclass(frozen=True)
class Standing:
    state: StandingState
    since: datetime | None = None
    until: datetime | None = None
    """When this state ends by itself, or, for ``CALL_TAKEN``, must have ended; None if nothing is planned."""
    reason: str = ""
    """For ``AWAY``, as typed or chosen."""
    rest: Rest | None = None


def standing_of(desk: PersonDesk, in_hand: Sequence[AcceptedCall], now: datetime) -> Standing:
    """Where this person stands. A wrap-up whose time is over no longer keeps them from calls."""
    call = next((call for call in in_hand if not _is_free_after(call, now)), None)
    if call is not None:
        return _with_call(call)
    if desk.state == PresenceState.AWAY:
        return Standing(StandingState.AWAY, desk.since, reason=desk.reason)
    if desk.state != PresenceState.AVAILABLE or desk.seen_at is None:
        return Standing(StandingState.OFFLINE)
    if not alive(desk.seen_at, now):
        return Standing(StandingState.NOT_CONNECTED, desk.seen_at)
    if not desk.on_shift:
        return Standing(StandingState.OFF_SHIFT, desk.since, desk.next_shift)
    if not desk.free_for_calls:
        return Standing(StandingState.KEPT_FREE, desk.since, desk.next_shift)
    if desk.rest is not None:
        return Standing(StandingState.RESTING, desk.since, desk.rest.until, rest=desk.rest)
    return Standing(StandingState.AVAILABLE, desk.since, desk.rest_begins)


def _is_free_after(call: AcceptedCall, now: datetime) -> bool:
    return call.freed or (call.state == "wrapping_up" and call.frees_at is not None and now >= call.frees_at)


def _with_call(call: AcceptedCall) -> Standing:
    if call.state == "wrapping_up":
        return Standing(StandingState.WRAPPING_UP, call.since, call.frees_at)
    if call.state == "on_call":
        return Standing(StandingState.ON_CALL, call.since)
    return Standing(StandingState.CALL_TAKEN, call.since, call.join_by)
