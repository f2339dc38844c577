"""Generates calendars twice: in the plain form that RFC 5545 demands, and as other programs write the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from tests.activities.independent_calendar import occurrences

OWNER = "miguel.torres@harborboats.example"
PERSONS_ZONE = "Europe/Copenhagen"
DAY = timedelta(days=1)
NAMES = {
    "Europe/Berlin": ["europe/berlin", "W. Europe Standard Time", "w. europe standard time", "Berlin",
                      '"(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna"',
                      "(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna",
                      "/freeassociation.sourceforge.net/Europe/Berlin", "W. Europe Daylight Time"],
    "America/New_York": ["Eastern Standard Time", "Eastern Time (US & Canada)", "AMERICA/NEW_YORK", "America/New York",
                         '"(UTC-05:00) Eastern Time (US & Canada)"', "/citadel.org/20190512_1/America/New_York"],
    "Asia/Kolkata": ["India Standard Time", "Chennai", "asia/kolkata", "GMT+0530", "Asia/Calcutta",
                     '"(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi"'],
    "Australia/Sydney": ["AUS Eastern Standard Time", "Canberra", "Australia/sydney",
                         '"(GMT+10:00) Canberra, Melbourne, Sydney"'],
    "UTC": ["UTC"],
    "": [""],
}  # fmt: skip


@dataclass
class Meant:
    """What an event means."""

    uid: str
    start: datetime
    whole_day: bool
    zone: str
    length: timedelta
    rule: str = ""
    last: datetime | None = None
    left_out: list[datetime] = field(default_factory=list)
    added: list[datetime] = field(default_factory=list)
    moved: dict[datetime, timedelta] = field(default_factory=dict)
    free: bool = False


@dataclass
class Generated:
    plain: str
    messy: bytes
    broken: int
    """The number of entries in the messy one that nobody can read."""


def generate(seed: int) -> Generated:
    random = Random(seed)
    calendar_zone = random.choice(["", "", "America/New_York", "Europe/Berlin"])
    events = [_event(random, number, calendar_zone) for number in range(random.randint(1, 5))]
    plain, messy = _Spelling(Random(seed), calendar_zone, plain=True), _Spelling(random, calendar_zone, plain=False)
    broken = random.choice([0, 0, 0, 1, 2])
    junk = ["BEGIN:VEVENT\r\nUID:x\r\nDTSTART:tomorrow\r\nRRULE:FREQ=DAILY\r\nEND:VEVENT\r\n"] * broken
    return Generated(plain.calendar(events, []), messy.as_sent(messy.calendar(events, junk)), broken)


def _event(random: Random, number: int, calendar_zone: str) -> Meant:
    zone, whole_day = random.choice(list(NAMES)), random.random() < 0.25
    hour = random.choice([0, 4, 7, 9, 12, 17, 23])
    start = datetime(2026, 9, 1) + random.randrange(200) * DAY  # noqa: DTZ001  local time
    length = timedelta(days=random.randint(1, 3)) if whole_day else timedelta(minutes=random.choice([15, 30, 60, 600]))
    if not whole_day:
        start += timedelta(hours=hour, minutes=random.choice([0, 30]))
    meant = Meant(f"{number}@x.example", start, whole_day, "" if whole_day else zone, length)
    meant.free = random.random() < 0.2
    kind = random.random()
    if kind < 0.6:
        _repeat(random, meant, calendar_zone)
    elif kind < 0.75:
        meant.uid = "roster"
    elif not whole_day and kind < 0.85:
        # A time that spring skips or autumn has twice.
        day = random.choice([datetime(2027, 3, 28), datetime(2026, 10, 25), datetime(2027, 3, 14)])  # noqa: DTZ001
        meant.start = day + timedelta(hours=2, minutes=30)
    return meant


def _repeat(random: Random, meant: Meant, calendar_zone: str) -> None:
    start = meant.start
    name = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"][start.weekday()]
    rule = random.choice(
        ["FREQ=DAILY", "FREQ=WEEKLY", f"FREQ=WEEKLY;BYDAY={name}", f"FREQ=WEEKLY;BYDAY={name},SA,WE", "FREQ=MONTHLY",
         f"FREQ=MONTHLY;BYDAY={(start.day - 1) // 7 + 1}{name}", f"FREQ=MONTHLY;BYMONTHDAY={start.day},-1",
         f"FREQ=YEARLY;BYMONTH={start.month};BYMONTHDAY={start.day}", "FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR,SA,SU"]
    )  # fmt: skip
    rule += random.choice(["", "", ";INTERVAL=2", ";INTERVAL=3"])
    end = random.choice(["", "COUNT", "UNTIL"])
    meant.rule = f"{rule};COUNT={random.randint(1, 20)}" if end == "COUNT" else rule
    times = occurrences(meant.rule, start, "UTC", datetime(2027, 4, 1))  # noqa: DTZ001  local time
    if end == "UNTIL":
        times = times[: random.randint(1, 30)]
        meant.last = times[-1]
    picked = [time for time in random.sample(times, min(len(times), 4)) if time.date() != start.date()]
    meant.left_out = picked[:2]
    if not meant.whole_day:
        meant.moved = {time: timedelta(hours=random.choice([-3, 2, 30])) for time in picked[2:]}
        meant.added = [start + timedelta(days=3, hours=1)] if random.random() < 0.3 else []


class _Spelling:
    """One way to write events down."""

    def __init__(self, random: Random, calendar_zone: str, *, plain: bool) -> None:
        self._random, self._calendar_zone, self._plain = random, calendar_zone, plain

    def calendar(self, events: list[Meant], junk: list[str]) -> str:
        lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//EN"]
        if self._calendar_zone:
            lines.append(f"X-WR-TIMEZONE:{self._name(self._calendar_zone).strip(chr(34))}")
        parts = ["\r\n".join(self._event(event)) + "\r\n" for event in events]
        parts += junk
        if not self._plain:
            self._random.shuffle(parts)
        return "\r\n".join([*lines, ""]) + "".join(parts) + "END:VCALENDAR\r\n"

    def as_sent(self, text: str) -> bytes:
        ends = self._random.choice(["\r\n", "\r\n", "\n", "\r"])
        return text.replace("\r\n", ends).encode(self._random.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16"]))

    def _event(self, meant: Meant) -> list[str]:
        lines = ["BEGIN:VEVENT", f"UID:{f'{meant.uid}/{meant.start}/{meant.rule}' if self._plain else meant.uid}"]
        lines += [self._date("DTSTART", meant.start, meant), *self._length(meant)]
        if meant.rule:
            until = f";UNTIL={self._until(meant)}" if meant.last else ""
            lines.append(f"RRULE:{meant.rule}{until}")
        lines += [self._reference("EXDATE", time, meant) for time in meant.left_out]
        lines += [self._date("RDATE", time, meant) for time in meant.added]
        lines += [self._free()] if meant.free else []
        lines.append("END:VEVENT")
        uid = lines[1]
        for time, shift in meant.moved.items():
            lines += ["BEGIN:VEVENT", uid, self._reference("RECURRENCE-ID", time, meant)]
            lines += [self._date("DTSTART", time + shift, meant), "DURATION:PT45M", "END:VEVENT"]
        return lines

    def _length(self, meant: Meant) -> list[str]:
        if not meant.whole_day:
            minutes = meant.length // timedelta(minutes=1)
            loose = [f"DURATION:PT{minutes * 60}S", f"DURATION: pt{minutes}m"]
            return [f"DURATION:PT{minutes}M"] if self._plain else [self._random.choice(loose)]
        if meant.length == DAY:
            return []
        end = f"DTEND;VALUE=DATE:{meant.start + meant.length:%Y%m%d}"
        loose = [end, f"DTEND:{meant.start + meant.length:%Y%m%dT%H%M%S}", f"DURATION:P{meant.length.days}D"]
        return [end if self._plain else self._random.choice(loose)]

    def _free(self) -> str:
        if self._plain:
            return "TRANSP:TRANSPARENT"
        return self._random.choice(
            ["TRANSP:TRANSPARENT", "TRANSP: transparent", "STATUS: cancelled", "STATUS:CANCELLED",
             "X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE", "X-MICROSOFT-CDO-BUSYSTATUS: free",
             f"ATTENDEE;PARTSTAT=DECLINED;CN=Miguel:MAILTO:{OWNER}"]
        )  # fmt: skip

    def _until(self, meant: Meant) -> str:
        assert meant.last
        at = meant.last
        if meant.whole_day:
            return f"{at:%Y%m%d}" if self._plain else f"{at:%Y%m%d}" + self._random.choice(["", "T000000", "T000000Z"])
        local, utc = f"{at:%Y%m%dT%H%M%S}", f"{self._utc(at, meant):%Y%m%dT%H%M%SZ}"
        if self._plain:
            return local if not meant.zone else utc
        return self._random.choice([utc, local, f"{at:%Y%m%d}", f"{at:%Y-%m-%d}"])

    def _date(self, name: str, at: datetime, meant: Meant) -> str:
        if meant.whole_day:
            return f"{name};VALUE=DATE:{at:%Y%m%d}"
        if meant.zone == "UTC":
            return f"{name}:{at:%Y%m%dT%H%M%SZ}"
        return f"{name}{f';TZID={self._name(meant.zone)}' if meant.zone else ''}:{at:%Y%m%dT%H%M%S}"

    def _reference(self, name: str, at: datetime, meant: Meant) -> str:
        """A date that means an occurrence of a series."""
        plain = self._date(name, at, meant)
        if self._plain:
            return plain
        if meant.whole_day:
            return self._random.choice([plain, f"{name}:{at:%Y%m%d}", f"{name}:{at:%Y%m%dT%H%M%SZ}"])
        tokyo = self._utc(at, meant).astimezone(ZoneInfo("Asia/Tokyo"))
        return self._random.choice(
            [plain, f"{name}:{self._utc(at, meant):%Y%m%dT%H%M%SZ}", f"{name}:{at:%Y%m%dT%H%M%S}",
             f"{name};VALUE=DATE:{at:%Y%m%d}", f"{name}:{at:%Y%m%d}", f"{name};TZID=Asia/Tokyo:{tokyo:%Y%m%dT%H%M%S}"]
        )  # fmt: skip

    def _utc(self, at: datetime, meant: Meant) -> datetime:
        zone = meant.zone or self._calendar_zone or PERSONS_ZONE
        return at.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)

    def _name(self, zone: str) -> str:
        return zone if self._plain else self._random.choice([zone, *NAMES[zone]])
