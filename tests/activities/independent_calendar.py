"""Reads well-formed calendars, written from RFC 5545 alone: it shares no code with the product and is in no hurry.

Each rule is tried on every day, as 3.3.10 describes it. It understands what ``generated_calendars`` writes in its
plain form and what the product stores; anything else is an error.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
_NAMES = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


@dataclass
class Component:
    lines: dict[str, list[tuple[dict[str, str], str]]] = field(default_factory=lambda: defaultdict(list))

    def one(self, name: str) -> tuple[dict[str, str], str]:
        [found] = self.lines[name]
        return found


def busy_times(text: str, since: datetime, until: datetime, zone: str) -> list[tuple[datetime, datetime]]:
    """The merged busy times within the bounds, in UTC."""
    events, own_zone = _events(text)
    floating = own_zone or zone
    replaced = defaultdict(set)
    for event in events:
        if "RECURRENCE-ID" in event.lines:
            replaced[event.one("UID")[1]].add(_moment(*event.one("RECURRENCE-ID"), floating)[0])
    spans: list[tuple[datetime, datetime]] = []
    for event in events:
        if event.lines["TRANSP"] and event.one("TRANSP")[1] == "TRANSPARENT":
            continue
        skipped = set() if "RECURRENCE-ID" in event.lines else replaced[event.one("UID")[1]]
        for start, place, whole_day in _starts(event, floating, until):
            if start not in skipped:
                spans.append((_utc(start, place), _end(event, start, place, whole_day, floating)))
    return _merged([(max(start, since), min(stop, until)) for start, stop in spans if start < until and stop > since])


def _events(text: str) -> tuple[list[Component], str]:
    events: list[Component] = []
    zone, inside = "", False
    for line in text.replace("\r\n ", "").split("\r\n"):
        if line == "BEGIN:VEVENT":
            events.append(Component())
            inside = True
        elif line == "END:VEVENT":
            inside = False
        elif inside:
            head, _, value = line.partition(":")
            name, *params = head.split(";")
            events[-1].lines[name].append((dict(param.split("=") for param in params), value))
        elif line.startswith("X-WR-TIMEZONE:"):
            zone = line.partition(":")[2]
    return events, zone


def _moment(params: dict[str, str], value: str, floating: str) -> tuple[datetime, str, bool]:
    """3.3.4 and 3.3.5: the local time, its zone, and whether it is a day."""
    found = re.fullmatch(r"(\d{8})(?:T(\d{6})(Z?))?", value)
    assert found, value
    day = datetime.strptime(found[1], "%Y%m%d")  # noqa: DTZ007  local time
    if found[2] is None:
        assert params.get("VALUE") == "DATE", value
        return day, floating, True
    at = datetime.combine(day, time.fromisoformat(found[2]))
    assert not (found[3] and "TZID" in params), value
    return at, "UTC" if found[3] else params.get("TZID", floating), False


def _utc(local: datetime, zone: str) -> datetime:
    """3.3.5: a local time that doesn't exist is read with the offset before the gap; one that is twice is the first."""
    return local.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)


def _end(event: Component, start: datetime, zone: str, whole_day: bool, floating: str) -> datetime:
    """3.8.2.2 and 3.6.1: an end makes an exact length, a duration's days are nominal."""
    if "DTEND" in event.lines:
        first, first_zone, _ = _moment(*event.one("DTSTART"), floating)
        last, last_zone, _ = _moment(*event.one("DTEND"), floating)
        if whole_day:
            return _utc(start + (last - first), zone)
        return _utc(start, zone) + (_utc(last, last_zone) - _utc(first, first_zone))
    if "DURATION" not in event.lines:
        return _utc(start + DAY, zone) if whole_day else _utc(start, zone)
    found = re.fullmatch(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", event.one("DURATION")[1])
    assert found
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return _utc(start + timedelta(weeks=weeks, days=days), zone) + timedelta(
        hours=hours, minutes=minutes, seconds=seconds
    )


def _starts(event: Component, floating: str, until: datetime) -> list[tuple[datetime, str, bool]]:
    """3.8.5: the start, the rule's and the added dates, without the exceptions."""
    first, zone, whole_day = _moment(*event.one("DTSTART"), floating)
    found = {first}
    for _, rule in event.lines["RRULE"]:
        found |= set(occurrences(rule, first, zone, until.replace(tzinfo=None) + 2 * DAY))
    for name, change in (("RDATE", found.update), ("EXDATE", found.difference_update)):
        for params, values in event.lines[name]:
            for value in values.split(","):
                at, place, _ = _moment(params, value, floating)
                assert place == zone, "dates are in the zone of the series"
                change([at])
    return [(start, zone, whole_day) for start in sorted(found)]


def occurrences(text: str, first: datetime, zone: str, stop: datetime) -> list[datetime]:
    """3.3.10: every day since the first is asked whether the rule means it."""
    rule = dict(part.split("=") for part in text.split(";"))
    last = stop
    if "UNTIL" in rule:
        end, written_in, _ = _moment({"VALUE": "DATE"} if "T" not in rule["UNTIL"] else {}, rule["UNTIL"], zone)
        if written_in != zone:
            end = end.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        last = min(last, end)
    found: list[datetime] = []
    day = first.date()
    while day <= last.date() and len(found) < int(rule.get("COUNT", 10**9)):
        at = datetime.combine(day, first.time())
        if at <= last and _means(rule, first.date(), day):
            found.append(at)
        day += DAY
    return found


def _means(rule: dict[str, str], first: date, day: date) -> bool:
    every, frequency = int(rule.get("INTERVAL", "1")), rule["FREQ"]
    months = (day.year - first.year) * 12 + day.month - first.month
    monday = first - first.weekday() * DAY
    periods = {
        "DAILY": (day - first).days,
        "WEEKLY": (day - monday).days // 7,
        "MONTHLY": months,
        "YEARLY": day.year - first.year,
    }
    if periods[frequency] % every:
        return False
    if "BYMONTH" in rule and day.month not in map(int, rule["BYMONTH"].split(",")):
        return False
    if frequency == "YEARLY" and "BYMONTH" not in rule and day.month != first.month:
        return False
    if "BYMONTHDAY" in rule:
        next_month = (day.replace(day=28) + 4 * DAY).replace(day=1)
        from_end = (day - next_month).days
        return bool({day.day, from_end} & {int(number) for number in rule["BYMONTHDAY"].split(",")})
    if "BYDAY" in rule:
        return any(_is_weekday(text, day) for text in rule["BYDAY"].split(","))
    if frequency == "WEEKLY":
        return day.weekday() == first.weekday()
    return frequency == "DAILY" or day.day == first.day


def _is_weekday(text: str, day: date) -> bool:
    number, name = text[:-2], text[-2:]
    if _NAMES[day.weekday()] != name:
        return False
    next_month = (day.replace(day=28) + 4 * DAY).replace(day=1)
    from_end = -(((next_month - day).days - 1) // 7) - 1
    return not number or int(number) in ((day.day - 1) // 7 + 1, from_end)


def _merged(spans: list[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    found: list[tuple[datetime, datetime]] = []
    for start, stop in sorted(spans):
        if start >= stop:
            continue
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(stop, found[-1][1]))
        else:
            found.append((start, stop))
    return found
