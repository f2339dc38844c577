"""Archived escalations: found by ticket and day, read as the same story, counted the same in reports."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from database.stores.queries.outcomes import By
from tests.database.ended_lives import archive_all, end_life
from tests.web.office import Browser, Office, office, ticket

__all__ = ["office"]

NOW = datetime.now(UTC)
DAY = NOW - timedelta(days=40)


@pytest.fixture
async def ended(office: Office) -> str:
    async with office.program() as program:
        answer = await program.post("/api/v1/escalations", json=ticket("4711"))
    escalation_id = str(answer.json()["id"])
    async with office.engine.begin() as conn:
        person = (await conn.execute(text("SELECT min(id) FROM person WHERE team IS NOT NULL"))).scalar_one()
        await conn.execute(text("UPDATE escalation SET opened_at = :day"), {"day": DAY})
    await end_life(office.engine, escalation_id, person, DAY)
    return escalation_id


def part(page: str, begins: str, ends: str) -> str:
    return page[page.index(begins) : page.index(ends, page.index(begins))]


async def reports(manager: Browser) -> list[str]:
    pages = [await manager.get(f"/outcomes.csv?days=90&by={by.value}") for by in By]
    return [*pages, part(await manager.get("/outcomes?days=90"), "<main", "</main>")]


async def test_an_archived_escalation_reads_as_before(office: Office, ended: str, tmp_path: Path) -> None:
    ops = await office.browser("Otto Ops")
    async with office.program() as program:
        before = await ops.get(f"/ops/{ended}")
        view = (await program.get(f"/api/v1/escalations/{ended}")).json()
        assert await archive_all(office.engine, tmp_path / "archive", NOW) == 1
        after = await ops.get(f"/ops/{ended}")
        assert (await program.get(f"/api/v1/escalations/{ended}")).json() == view
    for begins, ends in (
        ('<ol id="story"', "</ol>"),
        ("<h2>People asked", "</section>"),
        ("<h2>The plan", "</section>"),
    ):
        assert part(after, begins, ends) == part(before, begins, ends)
    assert "invitation" in part(after, "<h2>Messages", "</section>")
    assert "Archived" in after
    assert "Archived" not in before


async def test_an_archived_escalation_is_found_by_ticket_and_day(office: Office, ended: str, tmp_path: Path) -> None:
    await archive_all(office.engine, tmp_path / "archive", NOW)
    ops = await office.browser("Otto Ops")
    for query, found in (
        (f"state=all&q=4711&day={DAY:%Y-%m-%d}", True),
        ("state=all&q=4711", True),
        (f"state=all&day={DAY:%Y-%m-%d}", True),
        (f"state=all&day={DAY - timedelta(days=2):%Y-%m-%d}", False),
        ("state=all&day=yesterday", True),
        ("q=4711", True),
        ("q=4711&state=open", False),
    ):
        assert (ended in await ops.get(f"/ops?{query}")) is found, query
    assert "Search all states" in await ops.get("/ops?q=4711&state=open")


async def test_reports_are_the_same_after_archiving(office: Office, ended: str, tmp_path: Path) -> None:
    manager = await office.browser("Marta Manager")
    before = await reports(manager)
    assert all(len(report.splitlines()) > 1 for report in before)
    assert await archive_all(office.engine, tmp_path / "archive", NOW) == 1
    assert await reports(manager) == before


async def test_a_page_whose_file_is_missing_says_so(office: Office, ended: str, tmp_path: Path) -> None:
    await archive_all(office.engine, tmp_path / "archive", NOW)
    shutil.rmtree(tmp_path / "archive")
    page = await (await office.browser("Otto Ops")).get(f"/ops/{ended}")
    assert "its file can’t be read here" in page
    assert "did not join" in part(page, '<ol id="story"', "</ol>")
