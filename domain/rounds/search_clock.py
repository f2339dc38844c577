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
two seconds, and a web process reports every five. If desks were served all the while, this much of the time between two
rounds counts."""
GRACE = timedelta(seconds=20)
"""After a standstill, desks have this long to come back: meanwhile, calls are offered to those who have, but no search
widens or ends, and no desk counts as vanished."""

REJOIN_WITHIN = timedelta(minutes=2)
"""After a standstill, both sides of a call have this long to join it before either counts as missing."""
ASK_AGAIN_AFTER = timedelta(seconds=15)
"""When to look again whether a standstill is over."""


@dataclass(frozen=True)
class Service:
    """The time in which web processes have served desks without a break, as they report it."""

    since: datetime
    until: datetime

    def silent(self, now: datetime) -> bool:
        return now - self.until > STANDSTILL


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

    def judges(self, service: Service | None, now: datetime) -> bool:
        """Whether a desk's silence means something: it could be heard, and has had time to come back."""
        heard = now - self.ran_at <= STANDSTILL or self._served_since_round(service, now)
        return heard and not self.stopped and not self.desks_return(now)

    def _served_since_round(self, service: Service | None, now: datetime) -> bool:
        return service is not None and service.since <= self.ran_at and not service.silent(now)

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

    def turned(self, service: Service | None, now: datetime) -> SearchClock:
        """The clock at a round that runs now. ``service``: None if web processes don't report."""
        silent = service is not None and service.silent(now)
        missed = now - self.ran_at - STANDSTILL
        stopped_at = self.stopped_at
        if stopped_at is None and missed > timedelta(0):
            if self._served_since_round(service, now):
                # Only rounds were missing: desks could answer all the while. The backstop's rounds still make progress.
                return replace(self, ran_at=now, stood=self.stood + missed)
            stopped_at = self.ran_at
        elif stopped_at is None and service is not None and silent:
            stopped_at = service.until
        if stopped_at is None or silent:
            return replace(self, ran_at=now, stopped_at=stopped_at)
        # A standstill that began during the grace period of another: that period was already counted.
        lost = now + GRACE - self.counts_from(stopped_at)
        return SearchClock(now, None, now, self.stood + max(lost, timedelta(0)))
