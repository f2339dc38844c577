"""Which start times the rules offer: the grid, the opening hours, the notice and the horizon. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from domain.booking import SlotRefused
from rules_dsl import is_open, working_days_after
from rules_dsl.model.decision import Decision, OpenHours
from rules_dsl.model.hours import is_holiday, wall_instant

BEYOND = timedelta(days=5 * 366)


@dataclass(frozen=True)
class Window:
    """The first and last moments at which a call can start."""

    earliest: datetime
    latest: datetime


def window(decision: Decision, zone: str, now: datetime, *, priority: bool = False) -> Window:
    """When calls can start, as of ``now``. A priority link waives the notice, not the preparation."""
    booking = decision.booking
    earliest = now + timedelta(seconds=decision.calls.prepare)
    if not priority:
        noticed = now + timedelta(seconds=booking.notice)
        if booking.notice_working_days:
            noticed = working_days_after(booking.hours, zone, now, booking.notice_working_days)
        earliest = max(earliest, noticed)
    latest = now + timedelta(seconds=booking.horizon)
    if booking.horizon_working_days:
        latest = working_days_after(booking.hours, zone, now, booking.horizon_working_days)
    return Window(earliest, latest)


def starts_of(day: date, every: int, zone: ZoneInfo) -> Iterator[datetime]:
    """The start times on one local day's grid, as instants in order.

    A wall-clock time that a clock change skips yields none; one that it repeats yields two.
    """
    midnight = datetime.combine(day, time(0))
    first, last = midnight.replace(tzinfo=zone), (midnight + timedelta(days=1)).replace(tzinfo=zone)
    if first.utcoffset() == last.utcoffset():
        # There is no clock change on this day, so wall-clock time and elapsed time agree.
        begin = first.astimezone(UTC)
        yield from (begin + timedelta(seconds=second) for second in range(0, 86_400, every))
        return
    instants = set()
    for second in range(0, 86_400, every):
        wall = midnight + timedelta(seconds=second)
        for fold in (0, 1):
            instant = wall.replace(tzinfo=zone, fold=fold).astimezone(UTC)
            if instant.astimezone(zone).replace(tzinfo=None) == wall:
                instants.add(instant)
    yield from sorted(instants)


def _on_grid(start: datetime, every: int, zone: ZoneInfo) -> bool:
    wall = start.astimezone(zone)
    since_midnight = timedelta(hours=wall.hour, minutes=wall.minute, seconds=wall.second)
    return start.microsecond == 0 and int(since_midnight.total_seconds()) % every == 0


def within_hours(hours: OpenHours | None, start: datetime, seconds: int) -> bool:
    """Whether the whole talk lies within the opening hours."""
    if hours is None:
        return True
    return is_open(hours, start) and is_open(hours, start + timedelta(seconds=max(seconds - 1, 0)))


def grid_of(decision: Decision) -> int:
    """Seconds of wall-clock time between two start times.

    If calls are back to back, each call's time begins when the previous call's ends.
    """
    booking, calls = decision.booking, decision.calls
    if booking.back_to_back:
        return max(decision.limits.gap + calls.prepare + booking.slot + calls.wrap_up, 1)
    return booking.start_every


@lru_cache(maxsize=2048)
def starts_in_hours(day: date, every: int, zone: str, hours: OpenHours | None, slot: int) -> tuple[datetime, ...]:
    """One local day's start times for which the whole talk lies within the opening hours."""
    starts = starts_of(day, every, ZoneInfo(zone))
    if hours is None:
        return tuple(starts)
    around = [day + timedelta(days=number) for number in range(-2, 3)]
    spans = [
        (wall_instant(hours_zone, when, opens * 60), wall_instant(hours_zone, when, closes * 60))
        for hours_zone in [ZoneInfo(hours.time_zone)]
        for when in around
        if not is_holiday(hours, when)
        for weekday, opens, closes in hours.spans
        if weekday == when.weekday()
    ]
    last = timedelta(seconds=max(slot - 1, 0))

    def open_at(moment: datetime) -> bool:
        return any(opens <= moment < closes for opens, closes in spans)

    return tuple(start for start in starts if open_at(start) and open_at(start + last))


def offered_starts(decision: Decision, zone: str, allowed: Window) -> list[tuple[datetime, date]]:
    """Every start time that the rules allow, with its local day, in order, whether or not a seat is free."""
    local, booking = ZoneInfo(zone), decision.booking
    day, last = allowed.earliest.astimezone(local).date(), allowed.latest.astimezone(local).date()
    found: list[tuple[datetime, date]] = []
    while day <= last:
        starts = starts_in_hours(day, grid_of(decision), zone, booking.hours, booking.slot)
        found.extend((start, day) for start in starts if allowed.earliest <= start <= allowed.latest)
        day += timedelta(days=1)
    return found


def why_not_offered(decision: Decision, zone: str, allowed: Window, start: datetime, now: datetime) -> str | None:
    """Why the rules don't allow this start time, in words; None if they do."""
    local, booking = ZoneInfo(zone), decision.booking
    if start <= now:
        return "it is in the past"
    if start < allowed.earliest:
        return "it is too soon for the team to prepare"
    if start > allowed.latest:
        return "it is further ahead than calls are booked"
    if not _on_grid(start, grid_of(decision), local):
        return "no call starts at that minute"
    if not within_hours(booking.hours, start, booking.slot):
        return "it is outside the team's opening hours"
    return None


def refuse_beyond(start: datetime, now: datetime) -> None:
    """Raise ``SlotRefused`` for a start time so far away that date or time zone arithmetic might fail."""
    if abs(start - now) > BEYOND:
        raise SlotRefused(start, "it is in the past" if start < now else "it is further ahead than calls are booked")


def nearest(starts: Sequence[datetime], target: datetime, most: int = 3) -> tuple[datetime, ...]:
    """The free start times closest to the target, in chronological order."""
    return tuple(sorted(sorted(starts, key=lambda start: abs(start - target))[:most]))
