"""The search clock, which counts only time in which rounds ran and desks could answer. Pure.

A call's search widens step by step and gives up after a while. If nothing of this worked for some minutes, because the
tickers, the database or every web process was down, nobody could be asked: that time must not count. After such a
standstill, a grace period lets desks come back before the clock goes on.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

STANDSTILL = timedelta(seconds=10)
"""The clock stops if no round ran, or no web process served desks, for longer than this. A ticker wakes at least every
two seconds, and a web process reports every five."""
GRACE = timedelta(seconds=20)
"""After a standstill, desks have this long to come back: meanwhile, calls are offered to those who have, but no search
widens or ends, and no desk counts as vanished."""

REJOIN_WITHIN = timedelta(minutes=2)
"""After a standstill, both sides of a call have this long to join it before either counts as missing."""
ASK_AGAIN_AFTER = timedelta(seconds=15)
"""When to look again whether a standstill is over."""


@dataclass(frozen=True)
class SearchClock:
    """The clock that all searches share, as of the latest round."""

    ran_at: datetime
    """When the latest round ran."""
    stopped_at: datetime | None = None
    """When the clock stopped; None while it runs."""
    resumed_at: datetime | None = None
    """The end of the latest standstill, if there has been one. The grace period begins here."""
    stood: timedelta = timedelta(0)
    """How long the clock has stood still altogether, grace periods included."""

    @property
    def stopped(self) -> bool:
        return self.stopped_at is not None

    def desks_return(self, now: datetime) -> bool:
        """Whether the grace period is running."""
        return self.resumed_at is not None and now < self.resumed_at + GRACE

    def counts_from(self, moment: datetime) -> datetime:
        """When the time of a search that begins at ``moment`` starts to count."""
        return moment if self.resumed_at is None else max(moment, self.resumed_at + GRACE)

    def may_still_join(self, since: datetime, now: datetime) -> timedelta | None:
        """How much longer to wait for somebody expected ``since`` then, who may have found nothing working.

        None if they had all the time they were promised.
        """
        if self.stopped:
            return ASK_AGAIN_AFTER
        if self.resumed_at is None or self.resumed_at <= since or now >= self.resumed_at + REJOIN_WITHIN:
            return None
        return self.resumed_at + REJOIN_WITHIN - now


def turn(clock: SearchClock | None, served_at: datetime | None, now: datetime) -> SearchClock:
    """The clock at a round that runs now.

    ``clock``: as the round before left it, if there was one. ``served_at``: the latest sign of a web process; None if
    web processes don't report.
    """
    if clock is None:
        return SearchClock(now)
    silent = served_at is not None and now - served_at > STANDSTILL
    stopped_at = clock.stopped_at
    if stopped_at is None and now - clock.ran_at > STANDSTILL:
        stopped_at = clock.ran_at
    elif stopped_at is None and silent:
        stopped_at = served_at
    if stopped_at is None or silent:
        return replace(clock, ran_at=now, stopped_at=stopped_at)
    # A standstill that began during the grace period of another: that period was already counted.
    lost = now + GRACE - clock.counts_from(stopped_at)
    return SearchClock(now, None, now, clock.stood + max(lost, timedelta(0)))
