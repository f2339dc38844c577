"""A desk in a database that lives in random steps, and the oracle's check of what is sold there.

People work in several zones, some across midnight, some on nights when clocks change; pools overlap; rules set limits.
The stores sell, move and cancel calls; people fall ill, change their hours and leave; rounds find people for calls, who
accept and decline. The oracle knows the rules' meaning, the shifts and the bookings, and no witness.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores import booking
from database.stores.at_risk.background_solver import SearchMemory
from database.stores.seats.availability import free_starts
from database.stores.staff.schedule_changes import change_schedule
from database.tables.customer_link import customer_link
from domain.escalation import Mode
from domain.failure import Failure
from domain.schedules.change import AddTimeOff, AddWeekly, Change, ClearDay, KeepFree, SetDay
from domain.schedules.schedule import Repeating, TimeOffKind
from tests.database.rounds.round_floor import Floor
from tests.database.seats.random_desks import POOLS, ZONES, Limits, random_desk
from tests.domain.seats.seat_truth import OracleCall, OraclePerson, can_serve_all
from workers.seat_keeper import keep_seats

SOON = timedelta(hours=30)
_PEOPLE = text("""
SELECT p.id, t.name AS team, t.id AS team_id, ti.name AS title, coalesce(max(s.level), 0) AS sails
FROM person p JOIN team t ON t.id = p.team JOIN title ti ON ti.id = p.title
  LEFT JOIN person_skill s ON s.person = p.id
WHERE p.active GROUP BY p.id, t.id, ti.id
""")
_SOLD = text("""
SELECT b.id, b.starts_at, b.occupies, e.facts ->> 'product area' AS area, w.person AS pinned
FROM booking b JOIN escalation e ON e.id = b.escalation LEFT JOIN witness w ON w.booking = b.id AND w.pinned
WHERE b.state = 'sold' ORDER BY b.id
""")


@dataclass
class SeatLife:
    """One desk, what an observer knows of its rules, and the steps so far."""

    floor: Floor
    chance: random.Random
    zone: str
    limits: Limits
    memory: SearchMemory = field(default_factory=SearchMemory)
    booked: list[str] = field(default_factory=list)
    talking: list[str] = field(default_factory=list)
    shrunk: bool = False
    """Whether time or people were lost. What was sold before may then exceed reserves and shares of shifts."""
    taken: bool = False
    """Whether a call was taken. A real call may be closer to a planned one than the gap allows."""
    steps: list[str] = field(default_factory=list)

    async def step(self) -> None:
        often = {self.sell: 10, self.sell_at_once: 2, self.move: 3, self.cancel: 2, self.lose_time: 3}
        often |= {self.gain_time: 2, self.reorganise: 1, self.find_and_take: 3, self.hang_up: 2, self.keep: 1}
        (action,) = self.chance.choices(list(often), list(often.values()))
        self.steps.append(f"{self.floor.now:%d %H:%M} {action.__name__}")
        await action()

    async def sell(self) -> None:
        made = await self.invite()
        free = await self.free(made)
        if free and self.chance.random() < 0.8:
            start = self.chance.choice(free)
            assert await self.buy(made, start), f"{start} was shown as free"
        else:
            await self.buy(made, self.some_start())

    async def sell_at_once(self) -> None:
        """Several customers book the same start or an adjacent one, each on their own connection."""
        escalations = [await self.invite() for _ in range(3)]
        start = self.chance.choice(await self.free(escalations[0]) or [self.some_start()])
        starts = [start + timedelta(minutes=5 * self.chance.randrange(3)) for _ in escalations]
        await asyncio.gather(*map(self.buy, escalations, starts))

    async def move(self) -> None:
        if self.booked:
            made = self.chance.choice(self.booked)
            free = await self.free(made)
            start = self.chance.choice(free) if free else self.some_start()
            await self.tried(lambda conn: booking.move(conn, made, start, self.floor.now))

    async def cancel(self) -> None:
        if self.booked:
            made = self.chance.choice(self.booked)
            await self.tried(lambda conn: booking.cancel(conn, made, self.floor.now))

    async def lose_time(self) -> None:
        begins = self.floor.now + timedelta(minutes=15 * self.chance.randrange(0, 100))
        long = timedelta(minutes=15 * self.chance.randrange(1, 24))
        day, start = begins.date(), 15 * self.chance.randrange(0, 84)
        mornings = Repeating(tuple(range(7)), start, start + 45, self.chance.choice(ZONES))
        changes: list[Change] = [
            AddTimeOff(TimeOffKind.SICK, (begins, begins + long)),
            AddTimeOff(TimeOffKind.SICK, (begins, begins + timedelta(days=2))),
            SetDay(day, ((start, start + 150),), self.chance.choice(ZONES)),
            SetDay(day, (), "UTC"),
            KeepFree("training", mornings),
        ]
        self.shrunk = True
        await self.change(self.chance.choice(changes))

    async def gain_time(self) -> None:
        day, start = (self.floor.now + SOON / 2).date(), 15 * self.chance.randrange(0, 84)
        again = Repeating((day.weekday(),), start, (start + 210) % 1440, self.chance.choice(ZONES))
        changes: list[Change] = [
            SetDay(day, ((start, start + 150),), self.chance.choice(ZONES), as_well=True),
            AddWeekly(again),
            ClearDay(day),
        ]
        change = self.chance.choice(changes)
        # It may replace more time than it adds.
        self.shrunk |= not isinstance(change, AddWeekly)
        await self.change(change)

    async def reorganise(self) -> None:
        """Somebody changes team, loses a title or a skill, leaves, or comes back."""
        who, self.shrunk = self.chance.choice(await self.everybody()), True
        change = self.chance.choice(
            (
                "UPDATE person SET team = (SELECT max(t.id) + min(t.id) - person.team FROM team t) WHERE id = :who",
                "UPDATE person SET title = (SELECT id FROM title WHERE name = 'Junior') WHERE id = :who",
                "DELETE FROM person_skill WHERE person = :who",
                "UPDATE person SET active = NOT active WHERE id = :who",
            )
        )
        async with self.floor.engine.begin() as conn:
            await conn.execute(text(change), {"who": who})
        await self.keep()

    async def find_and_take(self) -> None:
        """The search for the next call begins, perhaps next to a call now; whoever is asked accepts or declines."""
        query = text("SELECT min(muster_at) FROM call WHERE state = 'waiting' AND booking IS NOT NULL")
        due = (await self.floor.one(query)).min
        if due is not None:
            self.floor.now = max(self.floor.now, due.astimezone(UTC))
        if self.chance.random() < 0.3:
            await self.floor.open(f"now{len(self.steps)}", mode=Mode.NOW, **self.about())
        await self.beat()
        await self.floor.round()
        for row in await self.rows("SELECT c.escalation FROM call c WHERE c.state = 'offered'"):
            if self.chance.random() < 0.8:
                self.taken = True
                await self.floor.accept(str(row.escalation))
                self.talking.append(str(row.escalation))
            else:
                await self.floor.decline(str(row.escalation))
        await self.keep()

    async def hang_up(self) -> None:
        if self.talking:
            made = self.talking.pop(self.chance.randrange(len(self.talking)))
            if (await self.floor.call_of(made)).state == "taken":
                await self.floor.join(made, "customer")
                await self.floor.join(made, "agent")
                self.floor.later(minutes=self.chance.randrange(1, 30))
                await self.floor.hang_up(made)
            self.floor.later(minutes=6)
            await self.beat()
            await self.floor.round()

    async def keep(self) -> None:
        self.memory.until = time.monotonic() + 0.2
        await keep_seats(self.floor.engine, self.memory, self.floor.now)

    async def judge(self) -> None:
        """What is sold and not at risk can be served: taken calls by who has taken them, others by their pool."""
        people, calls = await self.people(), await self.rows(_SOLD)
        oracle_people = [OraclePerson(row.id, row.team_id, shifts) for row, shifts in people]
        oracle_calls = [self.oracle_call(row, people) for row in calls]
        assert can_serve_all(oracle_people, oracle_calls), self.story("what is sold can't be served")
        days = await self.rows(
            "SELECT person, day, count(*) AS calls FROM witness GROUP BY person, day HAVING count(*) > 1"
        )
        assert all(row.calls <= self.limits.cap for row in days), self.story("somebody is over the daily limit")
        row = await self.floor.one(text("SELECT count(*) AS witnesses FROM witness"))
        assert row.witnesses == len(calls), self.story("a seat without a witness, or a witness without a seat")

    def oracle_call(self, row: Row[Any], people: list[tuple[Row[Any], tuple[tuple[int, int], ...]]]) -> OracleCall:
        able = {who.id for who, _ in people if POOLS[row.area](who)}
        day = row.starts_at.astimezone(ZoneInfo(self.zone)).date().toordinal()
        begin, end = int(row.occupies.lower.timestamp()), int(row.occupies.upper.timestamp())
        return OracleCall(
            begin,
            end,
            int(row.starts_at.timestamp()),
            able if row.pinned is None else able & {row.pinned},
            day,
            gap=0 if self.taken else self.limits.gap,
            cap=self.limits.cap,
            reserve=0 if self.shrunk else self.limits.reserve,
            shift_percent=100 if self.shrunk else self.limits.percent,
            shift_end=0 if self.shrunk else self.limits.shift_end,
        )

    def story(self, what: str) -> str:
        return "\n".join([what, str(self.limits), self.zone, *self.steps])

    # Parts of the steps.

    async def invite(self) -> str:
        ticket = f"t{len(self.steps)}-{len(self.booked)}-{self.chance.random()}"
        return await self.floor.open(ticket, Mode.BOOKING, **self.about())

    def about(self) -> dict[str, Any]:
        return {"product area": self.chance.choice(list(POOLS))}

    async def free(self, made: str) -> list[datetime]:
        async with self.floor.engine.connect() as conn:
            try:
                starts = await free_starts(conn, made, self.floor.now)
            except Failure:
                return []
        return [start for start in starts if start < self.floor.now + SOON]

    def some_start(self) -> datetime:
        grid = self.floor.now.replace(minute=0, second=0)
        return grid + timedelta(minutes=5 * self.chance.randrange(3, 300))

    async def buy(self, made: str, start: datetime) -> bool:
        link = (await self.floor.one(select(customer_link).where(customer_link.c.escalation == made))).id
        bought = await self.tried(lambda conn: booking.book(conn, made, link, start, self.floor.tokens, self.floor.now))
        if bought:
            self.booked.append(made)
        return bought

    async def tried(self, act: Callable[[Any], Awaitable[object]]) -> bool:
        try:
            async with self.floor.engine.begin() as conn:
                await act(conn)
        except Failure:
            return False
        return True

    async def change(self, change: Change) -> None:
        who = self.chance.choice(await self.everybody())
        self.steps[-1] += f" {who} {change}"
        await self.tried(lambda conn: change_schedule(conn, who, change, "test", self.floor.now))

    async def beat(self) -> None:
        for row in await self.rows("SELECT name FROM person WHERE active"):
            await self.floor.beat(row.name)

    async def everybody(self) -> list[int]:
        return [row.id for row in await self.rows("SELECT id FROM person ORDER BY id")]

    async def people(self) -> list[tuple[Row[Any], tuple[tuple[int, int], ...]]]:
        spans: dict[int, list[tuple[int, int]]] = {}
        for row in await self.rows("SELECT person, during FROM shift ORDER BY person, lower(during)"):
            own = spans.setdefault(row.person, [])
            begin, end = int(row.during.lower.timestamp()), int(row.during.upper.timestamp())
            own[-1:] = [(own[-1][0], end)] if own and own[-1][1] == begin else [*own[-1:], (begin, end)]
        return [(row, tuple(spans.get(row.id, ()))) for row in await self.rows(_PEOPLE)]

    async def rows(self, query: Any) -> list[Row[Any]]:
        async with self.floor.engine.connect() as conn:
            return list((await conn.execute(text(query) if isinstance(query, str) else query)).all())


async def begin_life(engine: AsyncEngine, seed: int) -> SeatLife:
    chance = random.Random(seed)
    floor, zone, limits = await random_desk(engine, chance)
    return SeatLife(floor, chance, zone, limits)
