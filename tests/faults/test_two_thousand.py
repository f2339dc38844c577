"""Two thousand people, all available: times every page, a round, a sale and a simulation."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import psutil
import pytest
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores.rounds.round import run_round
from database.stores.staff.shifts import everybody, update_shifts
from database.tables.directory import person, presence, weekly_shift
from domain.escalation import Mode
from domain.rounds.matching import warm_up
from tests.servers import free_port
from tests.web.customers import caller, read_page
from tests.web.office import Office, open_office
from web.outcomes.playing import LONGEST

pytestmark = [pytest.mark.timeout(600), pytest.mark.soak]

MANY = 2000
SLOWEST = 2.0
"""Seconds of this process's CPU time."""
LARGEST = 500
"""Megabytes of this process's memory."""
PAGES = (
    *("/directory", "/directory/people/7", "/directory/teams", "/directory/teams/1", "/directory/people/new"),
    *("/shifts", "/shifts/people/7", "/board", "/board/parts", "/ops", "/rules", "/rules/edit", "/outcomes"),
    *("/admin/guards",),
)


@dataclass
class Clock:
    """CPU seconds of this process, by what it did."""

    took: dict[str, float] = field(default_factory=dict)

    @asynccontextmanager
    async def __call__(self, what: str) -> AsyncIterator[None]:
        began, at = time.process_time(), time.monotonic()
        yield
        self.took[what] = time.process_time() - began
        logging.getLogger(__name__).info("%s: %.2f s of CPU, %.2f s", what, self.took[what], time.monotonic() - at)


async def fill(engine: AsyncEngine) -> None:
    now = datetime.now(UTC)
    async with engine.begin() as conn:
        team = (await conn.execute(text("SELECT id FROM team WHERE name = 'Support'"))).scalar_one()
        skills = (await conn.execute(text("SELECT id FROM skill ORDER BY id"))).scalars().all()
        row: dict[str, Any] = {"team": team, "roles": ["agent"], "languages": ["danish"]}
        people = [row | {"name": f"Person {n}", "email": f"p{n}@many.example", "title": 1 + n % 3} for n in range(MANY)]
        ids = (await conn.execute(insert(person).returning(person.c.id), people)).scalars().all()
        week = {"days": list(range(7)), "start_minute": 0, "end_minute": 1440, "time_zone": "Europe/Copenhagen"}
        await conn.execute(insert(weekly_shift), [{"person": id_} | week for id_ in ids])
        add_skill = text("INSERT INTO person_skill (person, skill, level) VALUES (:person, :skill, :level)")
        await conn.execute(
            add_skill, [{"person": id_, "skill": skills[id_ % len(skills)], "level": 1 + id_ % 5} for id_ in ids]
        )
        available = {"state": "available", "since": now, "seen_at": now + timedelta(hours=1)}
        await conn.execute(insert(presence), [{"person": id_} | available for id_ in ids])
        await update_shifts(conn, await everybody(conn), now)


async def test_two_thousand_people_slow_nothing_down(
    database: AsyncEngine, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", f"127.0.0.1:{free_port()}")
    warm_up()
    clock = Clock()
    async with open_office(database, database_url) as office:
        await fill(database)
        manager, admin = [await office.browser(name) for name in ("Marta Manager", "Ada Admin")]
        customer = await caller(office)
        async with clock("slot page, cold"):
            await read_page(office, customer.address)
        async with clock("a sale"):
            await customer.book()
        for nth in range(30):
            await (await caller(office, f"t{nth}")).book()
        customer = await caller(office, "last")
        async with clock("slot page, warm"):
            await read_page(office, customer.address)
        async with clock("slots of a day by the API"):
            day = (datetime.now(UTC) + timedelta(days=1)).date()
            answer = await office.program().get(f"/api/v1/escalations/{customer.escalation_id}/slots?day={day}")
            assert answer.status_code == 200, answer.text
        for page in PAGES:
            browser = admin if page.startswith("/admin") else manager
            await browser.get(page)
            async with clock(page):
                await browser.get(page)
        for nth in range(500):
            await caller(office, f"now{nth}", mode=Mode.NOW)
        async with clock("a round of 500 calls for 2,000 people"):
            await a_round(office)
        async with clock("/board after the round"):
            await manager.get("/board")
        began = time.monotonic()
        played = await manager.client.get("/outcomes/what-if?play=true&escalations=30&days=1")
        took = time.monotonic() - began
    logging.getLogger(__name__).info("what if, 30 escalations: %s after %.1f s", played.status_code, took)
    # The simulation runs in its own processes; the page says so if it would take too long.
    assert played.status_code == 200 or "too much to simulate here" in played.text
    assert took < LONGEST + 10
    memory = psutil.Process().memory_info().rss / 1e6
    logging.getLogger(__name__).info("%.0f MB", memory)
    assert {what: took for what, took in clock.took.items() if took > SLOWEST} == {}
    assert memory < LARGEST


async def a_round(office: Office) -> None:
    async with office.engine.begin() as conn:
        report = await run_round(conn, office.app.state.tokens)
    assert report is not None
    assert report.offers == 500
