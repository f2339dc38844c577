"""Random desks to sell seats on, by seed: people in several zones, overlapping pools, limits from rules."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores.rules.versions import publish
from database.stores.staff.schedule_changes import change_schedule
from database.stores.staff.seed import seed_directory
from domain.schedules.change import AddWeekly
from domain.schedules.schedule import Repeating
from rules_dsl.directory import Directory
from tests.database.rounds.round_floor import RULES, Floor

NIGHTS = (
    # Late October and March have a fold and a gap; Lord Howe changes by half an hour in April.
    ("Europe/Copenhagen", datetime(2026, 10, 24, 6, tzinfo=UTC)),
    ("Europe/Copenhagen", datetime(2027, 3, 27, 8, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2027, 4, 3, 2, tzinfo=UTC)),
    ("Asia/Kolkata", datetime(2026, 11, 24, 4, tzinfo=UTC)),
)
ZONES = ("Europe/Copenhagen", "Asia/Kolkata", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")
AREAS = """rule "Engines"
  when product area is engine
  send to team "North"

rule "Hulls"
  when product area is hull
  send to team "South"

rule "Bills"
  when product area is billing
  send to title "Senior"

rule "Sails"
  when product area is sails
  send to team "North"
  require skill "sails" at level 3

rule "Wires"
  when product area is electronics
  send to team "South" or title "Senior"
"""
POOLS: dict[str, Callable[[Row[Any]], bool]] = {
    "engine": lambda who: bool(who.team == "North"),
    "hull": lambda who: bool(who.team == "South"),
    "billing": lambda who: bool(who.title == "Senior"),
    "sails": lambda who: who.team == "North" and who.sails >= 3,
    "electronics": lambda who: who.team == "South" or who.title == "Senior",
}
"""Who is in the pool, by product area, as the rules say."""


@dataclass(frozen=True)
class Limits:
    gap: int = 0
    cap: int = 99
    reserve: int = 0
    percent: int = 100
    shift_end: int = 0

    def text(self) -> tuple[str, str]:
        """As lines of the blocks ``limits`` and ``booking``."""
        lines = []
        if self.gap:
            lines.append(f"at least {self.gap // 60} minutes between calls")
        if self.cap < 99:
            lines.append(f"at most {self.cap} calls a day per agent")
        if self.percent < 100:
            lines.append(f"at most {self.percent}% of a shift in calls")
        if self.shift_end:
            lines.append(f"no call in the last {self.shift_end // 60} minutes of a shift")
        return "\n  ".join(lines), f"keep {self.reserve}% in reserve" if self.reserve else ""


async def random_desk(engine: AsyncEngine, chance: random.Random) -> tuple[Floor, str, Limits]:
    """A desk with nothing sold, its zone and its rules' limits."""
    zone, now = chance.choice(NIGHTS)
    limits = Limits(
        gap=chance.choice((0, 0, 600)),
        cap=chance.choice((99, 3, 4)),
        reserve=chance.choice((0, 0, 25)),
        percent=chance.choice((100, 100, 60)),
        shift_end=chance.choice((0, 0, 1800)),
    )
    async with engine.begin() as conn:
        await seed_directory(conn, Directory.from_json(_directory(chance, zone)), [], now)
        await publish(conn, _rules(limits), "test", "seeded", None, now)
        for row in (await conn.execute(text("SELECT id FROM person ORDER BY id"))).all():
            for _ in range(chance.choice((1, 1, 2))):
                await change_schedule(conn, row.id, AddWeekly(_shift(chance, zone)), "test", now)
    return Floor(engine, now), zone, limits


def _rules(limits: Limits) -> str:
    of_limits, of_booking = limits.text()
    rules = RULES.format(rules=AREAS, limits=of_limits and f"limits\n  {of_limits}", calls="")
    rules = rules.replace('team "Support"', 'team "North" or team "South"').replace("Harbor Boats support", "Desk")
    return rules.replace("  notice of 10 minutes\n  up to 5", f"  {of_booking}\n  notice of 10 minutes\n  up to 2")


def _directory(chance: random.Random, zone: str) -> dict[str, Any]:
    areas = {"type": "choice", "values": list(POOLS), "may_be_missing": True}
    facts: dict[str, Any] = {"product area": areas}
    for name, kind in {"tags": "tags", "replies": "count", "reopened": "yes/no", "ticket age": "duration"}.items():
        facts[name] = {"type": kind, "may_be_missing": False}
    facts["priority"] = {"type": "choice", "values": ["normal", "urgent"], "ordered": True, "may_be_missing": False}
    return {
        "desk": "Desk",
        "time_zone": zone,
        "currency": "EUR",
        "teams": [{"name": name, "address": f"{name}@desk.example"} for name in ("North", "South")],
        "titles": ["Senior", "Junior"],
        "skills": ["sails"],
        "holidays": {},
        "facts": facts,
        "people": [_person(chance, number) for number in range(chance.randint(3, 5))],
    }


def _person(chance: random.Random, number: int) -> dict[str, Any]:
    return {
        "name": f"Person {number}",
        "email": f"p{number}@desk.example",
        "team": chance.choice(("North", "South")),
        "title": chance.choice(("Senior", "Junior")),
        "skills": {"sails": chance.randint(1, 5)} if chance.random() < 0.6 else {},
        "languages": [],
        "roles": ["agent"],
        "shifts": [],
    }


def _shift(chance: random.Random, zone: str) -> Repeating:
    """Hours of every day: some cross midnight; of a person's two, some overlap and some have a break between them."""
    start = 30 * chance.randrange(48)
    end = (start + 30 * chance.randrange(5, 13)) % 1440
    return Repeating(tuple(range(7)), start, end, chance.choice((zone, zone, *ZONES)))
