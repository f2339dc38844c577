"""Whose page is in the call: what is known of the other side, judged by when its page and ours were last heard of.

A page proves that it is open by its beats. Each side has at most one page in the call, the newest.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

BEAT_EVERY = timedelta(seconds=2)
"""The interval between a page's beats. The page passes it to the scripts."""
GONE_AFTER = timedelta(seconds=6)
"""A page that is silent for this long is lost: with a beat of the other side, that side is told within 8 seconds."""
RELOADED_WITHIN = timedelta(seconds=3)
"""A page that was closed may be back this soon, because it was only reloaded."""
UNBROKEN = timedelta(seconds=5)
"""Silence after which a page's beats begin a new series: it, or Muster itself, was away."""
TOLD_AT_MOST = 10
"""How often the timeline says of one side of a call that it was lost; a broken line must not fill it."""


class PeerState(StrEnum):
    UNKNOWN = "unknown"
    """It hasn't been in the call yet, or nothing is known of it, as after a crash of the database."""
    HERE = "here"
    LEFT = "left"
    """It closed its page, or pressed “Leave”."""
    LOST = "lost"
    """Its page has fallen silent."""


@dataclass(frozen=True)
class CallPeer:
    """One side's page in the call. ``since`` is when its series of beats began."""

    page: str
    since: datetime
    seen_at: datetime
    left_at: datetime | None = None
    lost_at: datetime | None = None
    """When Muster noted that this side is gone; None again once it is back."""

    @property
    def gone(self) -> bool:
        return self.lost_at is not None


def state_of(other: CallPeer | None, own: CallPeer, now: datetime, *, heard: bool = False) -> PeerState:
    """The state of the other side, as ``own``'s side may be told at ``now``.

    ``heard``: our page receives its sound or picture, so its silence here means nothing. While our own page was silent
    too, nothing is concluded from the other's silence: the fault may be between.
    """
    if other is None:
        return PeerState.UNKNOWN
    if other.left_at is not None:
        return PeerState.HERE if now - other.left_at < RELOADED_WITHIN else PeerState.LEFT
    if heard or now - other.seen_at < GONE_AFTER:
        return PeerState.HERE
    return PeerState.LOST if other.gone or now - own.since >= GONE_AFTER else PeerState.UNKNOWN
