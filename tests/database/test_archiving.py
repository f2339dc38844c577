"""Archiving: the file is on disk before rows go, and what isn't over stays."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from config.settings import Settings
from database.stores.archive.folder import ArchiveFolder
from domain.escalation import REPORTED
from domain.retention import Retention
from tests.activities.queued_messages import enqueue, open_escalation, until
from tests.database.ended_lives import archive_all, end_life
from workers.main import retention
from workers.pulse import PULSES
from workers.retention import run_retention

NOW = datetime.now(UTC)
LONG_AGO = NOW - timedelta(days=40)


@pytest.fixture
async def ended(database: AsyncEngine) -> str:
    """An escalation that ended long ago."""
    escalation_id = await open_escalation(database, booked=False)
    await enqueue(database, escalation_id, "reminder")
    async with database.connect() as conn:
        person = (await conn.execute(text("SELECT max(id) FROM person"))).scalar_one()
    await end_life(database, escalation_id, person, LONG_AGO)
    return escalation_id


async def counts(database: AsyncEngine) -> dict[str, int]:
    tables = ("escalation_event", "message", "call", "rating", "wrap_up", "offer")
    async with database.connect() as conn:
        return {table: (await conn.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one() for table in tables}


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


async def test_heavy_rows_go_and_what_reports_count_stays(database: AsyncEngine, ended: str, tmp_path: Path) -> None:
    before = await counts(database)
    assert await archive_all(database, tmp_path, NOW) == 1
    assert await counts(database) == before | {"escalation_event": 1, "message": 0}
    async with database.connect() as conn:
        assert (await conn.execute(text("SELECT kind FROM escalation_event"))).scalar_one() in REPORTED
        assert (await conn.execute(text("SELECT why FROM offer"))).scalar_one() == {}
    assert await archive_all(database, tmp_path, NOW) == 0


async def test_the_file_tells_the_whole_story_without_the_customers_name_or_address(
    database: AsyncEngine, ended: str, tmp_path: Path
) -> None:
    words = json.dumps([{"author": "Mira", "at": None, "text": "Write to mira@olsen.example."}])
    async with database.begin() as conn:
        await conn.execute(text("UPDATE escalation SET conversation = CAST(:words AS jsonb)"), {"words": words})
    await archive_all(database, tmp_path, NOW)
    [file] = files(tmp_path)
    assert file.name == f"zendesk-7-{ended}.json"
    written = file.read_text()
    document = json.loads(written)
    assert [event["seq"] for event in document["events"]] == list(range(1, 9))
    assert [(mail["kind"], mail["recipient"]) for mail in document["messages"]] == [("reminder", "the customer")]
    assert document["ratings"][0]["comment"] == "Kind."
    assert document["calls"][0]["wrap_up"]["note"] == "A loose clip."
    assert document["offers"][0]["why"]["pool"] == "the team Support"
    assert "Jonas Berg" in document["people"].values()
    assert "Mira" not in written
    assert "mira@olsen.example" not in written


async def test_an_escalation_that_ended_lately_or_has_mail_to_send_is_kept(
    database: AsyncEngine, ended: str, tmp_path: Path
) -> None:
    assert await archive_all(database, tmp_path, NOW - timedelta(days=20)) == 0
    await enqueue(database, ended, "survey")
    assert await archive_all(database, tmp_path, NOW) == 0
    assert files(tmp_path) == []


async def test_rows_stay_if_the_file_cannot_be_written(database: AsyncEngine, ended: str, tmp_path: Path) -> None:
    before = await counts(database)
    (tmp_path / "archive").write_text("not a folder")
    with pytest.raises(NotADirectoryError):
        await archive_all(database, tmp_path / "archive", NOW)
    assert await counts(database) == before


async def test_a_pass_that_could_not_archive_has_not_worked(
    database: AsyncEngine, ended: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "archive").write_text("not a folder")
    stop, ages = asyncio.Event(), Retention({}, archive_after=timedelta(days=30))
    PULSES.expect({"retention": 9000})
    running = asyncio.create_task(run_retention(database, ages, ArchiveFolder(tmp_path / "archive"), stop))

    async def has_tried() -> bool:
        return PULSES.failures() == {"retention": 1} or PULSES.times() == {"retention": 1}

    await until(has_tried)
    stop.set()
    await running
    assert PULSES.times() == {"retention": 0}
    PULSES.expect({})
    assert "part failed, retrying part=retention step=archive error=NotADirectoryError" in caplog.text


async def test_rows_stay_until_everything_is_removed_together(
    database: AsyncEngine, ended: str, tmp_path: Path
) -> None:
    before = await counts(database)
    async with database.begin() as conn:
        await conn.execute(
            text("CREATE TRIGGER stuck BEFORE DELETE ON message FOR EACH ROW EXECUTE FUNCTION refuse_rewriting()")
        )
    with pytest.raises(DBAPIError, match="append-only"):
        await archive_all(database, tmp_path, NOW)
    assert await counts(database) == before
    [first] = [file.read_text() for file in files(tmp_path)]
    async with database.begin() as conn:
        await conn.execute(text("DROP TRIGGER stuck ON message"))
    assert await archive_all(database, tmp_path, NOW) == 1
    assert [file.read_text() for file in files(tmp_path)] == [first]


async def test_no_event_can_be_deleted_before_its_escalation_is_archived(
    database: AsyncEngine, ended: str, tmp_path: Path
) -> None:
    for statement in ("DELETE FROM escalation_event", "UPDATE escalation_event SET body = '{}'"):
        with pytest.raises(DBAPIError, match="append-only"):
            async with database.begin() as conn:
                await conn.execute(text(statement))
    await archive_all(database, tmp_path, NOW)
    with pytest.raises(DBAPIError, match="append-only"):
        async with database.begin() as conn:
            await conn.execute(text("UPDATE escalation_event SET body = '{}'"))


async def test_a_worker_archives_at_the_age_in_its_settings(database: AsyncEngine, ended: str, tmp_path: Path) -> None:
    stop = asyncio.Event()
    ages = Retention({}, archive_after=timedelta(days=30))
    running = asyncio.create_task(run_retention(database, ages, ArchiveFolder(tmp_path), stop))

    async def is_archived() -> bool:
        async with database.connect() as conn:
            return (await conn.execute(text("SELECT archived_at FROM escalation"))).scalar_one() is not None

    await until(is_archived)
    stop.set()
    await running
    assert [file.suffix for file in files(tmp_path)] == [".json"]


def test_a_tickets_id_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    file = ArchiveFolder(tmp_path).file_of("an-id", "../..", "/../../etc/passwd" * 50, NOW)
    assert file.parent == tmp_path / f"{NOW:%Y/%m/%d}"
    assert len(file.name) < 200


def test_nothing_is_archived_unless_the_settings_say_so() -> None:
    assert retention(Settings()).archive_after is None
    assert retention(Settings(archive_after_days=365)).archive_after == timedelta(days=365)
    with pytest.raises(ValueError, match="at least 30"):
        Settings(archive_after_days=29)
