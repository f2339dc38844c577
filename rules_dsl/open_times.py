"""Opening hours over a known span of time, laid out once so that asking whether they are open takes no time. Pure."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from rules_dsl.decision import OpenHours
from rules_dsl.hours import is_holiday, is_open, wall_instant


@dataclass(frozen=True)
class OpenTimes:
    """Answers as ``is_open`` does, for any moment; quickly from ``since`` to ``until``."""

    since: datetime
    until: datetime
    _laid_out: dict[OpenHours, list[datetime]] = field(default_factory=dict, repr=False, compare=False)

    def is_open(self, hours: OpenHours, moment: datetime) -> bool:
        if not self.since <= moment <= self.until:
            return is_open(hours, moment)
        return bisect_right(self.edges(hours), moment) % 2 == 1

    def edges(self, hours: OpenHours) -> list[datetime]:
        """Openings and closings in turn, from before ``since`` to after ``until`` where they are open then."""
        edges = self._laid_out.get(hours)
        if edges is None:
            edges = self._laid_out[hours] = _edges(hours, self.since, self.until)
        return edges


def _edges(hours: OpenHours, since: datetime, until: datetime) -> list[datetime]:
    """Openings and closings in turn; spans that touch or overlap are one."""
    zone = ZoneInfo(hours.time_zone)
    day, last = since.astimezone(zone).date() - timedelta(days=1), until.astimezone(zone).date()
    spans: list[tuple[datetime, datetime]] = []
    while day <= last:
        if not is_holiday(hours, day):
            spans += [
                (wall_instant(zone, day, start * 60), wall_instant(zone, day, end * 60))
                for weekday, start, end in hours.spans
                if weekday == day.weekday()
            ]
        day += timedelta(days=1)
    edges: list[datetime] = []
    for start, end in sorted(spans):
        if start >= end:
            continue
        if edges and start <= edges[-1]:
            edges[-1] = max(edges[-1], end)
        else:
            edges += [start, end]
    return edges
