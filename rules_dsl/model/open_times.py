"""Opening hours expanded over a period, to test many moments quickly. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from rules_dsl.model.decision import OpenHours
from rules_dsl.model.hours import is_holiday, wall_instant


def open_edges(hours: OpenHours, since: datetime, until: datetime) -> list[datetime]:
    """The times at which the hours open and close, alternating; adjacent and overlapping spans are merged.

    A moment between ``since`` and ``until``, inclusive, is in open hours if the number of edges up to it is odd.
    """
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
