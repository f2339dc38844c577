"""Overload is refused, not queued; nobody works for a caller who has gone."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from database import limits
from database.limits import WorkLimits
from tests.web.customers import caller, visitor
from tests.web.office import Office, office, ticket
from tests.web.serving import served
from web import admission
from web.admission import CUSTOMERS, DESKS, LANES, OFFICE, PAGES, PROGRAMS, REPORTS, SIGN_INS, Lane, lane_of
from web.security.access_matrix import MATRIX

__all__ = ["office"]


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Narrow lanes, whose requests wait for a lock as long as a slow machine needs to send the next."""
    for name in ("PAGE", "CUSTOMER"):
        monkeypatch.setattr(limits, name, WorkLimits(name.lower(), statement=60, lock=60))
    narrow = (("/c/", Lane("customers", 2, 60)), ("/api/", Lane("programs", 1, 60)), ("/ops", Lane("pages", 2, 60)))
    monkeypatch.setattr(admission, "LANES", (*narrow, *LANES))


@pytest.mark.usefixtures("patient")
async def test_pages_beyond_their_share_are_refused_at_once_and_other_kinds_are_not(office: Office) -> None:
    ops, mira = await office.browser("Otto Ops"), await caller(office)
    async with office.engine.connect() as conn, conn.begin(), visitor(office.app) as client:
        await conn.execute(text("LOCK TABLE escalation IN ACCESS EXCLUSIVE MODE"))
        waiting = [asyncio.create_task(ops.client.get("/ops")) for _ in range(2)]
        await until_locked(office, 2)
        refused = await ops.client.get("/ops")
        assert refused.status_code == 503
        assert int(refused.headers["Retry-After"]) <= 5
        assert "We are very busy right now" in refused.text
        assert not any(task.done() for task in waiting)
        # A customer's request is begun: it waits for the same lock.
        link = asyncio.create_task(client.get(mira.address))
        await until_locked(office, 3)
        await conn.rollback()
    assert {answer.status_code for answer in await asyncio.gather(*waiting, link)} == {200}
    assert (await ops.client.get("/ops")).status_code == 200


@pytest.mark.usefixtures("patient")
async def test_a_flood_from_programs_is_refused_with_a_problem(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    program = office.program()
    async with office.engine.connect() as conn, conn.begin():
        await conn.execute(text("LOCK TABLE escalation IN ACCESS EXCLUSIVE MODE"))
        first = asyncio.create_task(program.post("/api/v1/escalations", json=ticket("1")))
        await until_locked(office, 1)
        refused = await program.post("/api/v1/escalations", json=ticket("2"))
        await conn.rollback()
    assert refused.status_code == 503
    assert refused.headers["Content-Type"].startswith("application/problem+json")
    assert (await first).status_code == 201
    assert (await program.post("/api/v1/escalations", json=ticket("2"))).status_code == 201


@pytest.mark.usefixtures("patient")
async def test_what_waits_for_anything_too_long_is_given_up(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "LANES", (("/ops", Lane("pages", 2, 1)),))

    async def never(*arguments: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr("web.ops.finding.counts_by_state", never)
    ops = await office.browser("Otto Ops")
    answer = await ops.client.get("/ops")
    assert answer.status_code == 503
    assert "Something we need does not answer right now" in answer.text


@pytest.mark.usefixtures("patient")
async def test_a_page_whose_reader_has_gone_is_not_finished(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    mira = await caller(office)
    caplog.set_level(logging.INFO, "web.admission")
    async with served(office) as port, office.engine.connect() as conn, conn.begin():
        await conn.execute(text("LOCK TABLE escalation IN ACCESS EXCLUSIVE MODE"))
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            reading = asyncio.create_task(client.get(mira.address))
            await until_locked(office, 1)
            reading.cancel()
        await until_locked(office, 0)
        await conn.rollback()
    assert "request given up, its caller has gone method=GET" in caplog.text


async def until_locked(office: Office, number: int) -> None:
    """Wait until exactly this many connections wait for a lock."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    found: Any = None
    for _ in range(150):
        async with office.engine.connect() as conn:
            if (found := await conn.scalar(waiting)) == number:
                return
        await asyncio.sleep(0.01)
    raise AssertionError(f"{found} connections wait for a lock")


@pytest.mark.parametrize(
    ("path", "lane"),
    [
        ("/c/token/book", CUSTOMERS),
        ("/join/token", CUSTOMERS),
        ("/rate/token", CUSTOMERS),
        ("/desk/offers/7/1/accept", DESKS),
        ("/desk/presence/heartbeat", DESKS),
        ("/desk/escalate", PAGES),
        ("/api/v1/escalations", PROGRAMS),
        ("/api/v1/export", REPORTS),
        ("/outcomes.csv", REPORTS),
        ("/rules/publish", OFFICE),
        ("/sign-in", SIGN_INS),
        ("/board", PAGES),
    ],
)
def test_each_path_has_its_lane(path: str, lane: Lane) -> None:
    assert lane_of(path) == lane


def test_every_lane_begins_like_a_route() -> None:
    paths = [key.partition(" ")[2] for key in MATRIX]
    assert [beginning for beginning, _ in LANES if not any(path.startswith(beginning) for path in paths)] == []
