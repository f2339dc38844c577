"""Seeding: what the example contains, and that seeding again changes nothing."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from cli.environment import example
from database.stores.access.sessions import renew_sign_in_link
from database.stores.directory.read import read_directory
from database.stores.rules.versions import current_published, publish
from database.stores.staff.seed import Outsider, seed_directory
from database.tables.account import sign_in_link
from domain.ids import token_hash
from rules_dsl.directory import Directory, WeeklyShift
from tests.cli.running import environment, run_muster

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
MANAGER = Outsider("Signe Lund", "signe.lund@harborboats.example", "manager")


def small_team() -> Directory:
    return Directory.from_json(json.loads(example("small_team.directory.json").read_text()))


async def test_the_seeded_directory_is_read_back_unchanged(database: AsyncEngine) -> None:
    directory = small_team()
    for _ in range(2):
        async with database.begin() as conn:
            seeded = await seed_directory(conn, directory, [MANAGER], NOW)
        async with database.connect() as conn:
            stored = await read_directory(conn)
        assert stored == directory, "ids too: a new database numbers rows like the file"
        assert [person.role for person in seeded] == ["agent"] * 6 + ["manager"]


async def test_seeding_a_changed_file_updates_everything(database: AsyncEngine) -> None:
    directory = small_team()
    always = WeeklyShift(tuple(range(7)), 0, 1440, "Europe/Copenhagen")
    changed = replace(directory.people[0], skills={1: 5}, shifts=(always,), title=1)
    async with database.begin() as conn:
        await seed_directory(conn, directory, [], NOW)
    async with database.begin() as conn:
        await seed_directory(conn, replace(directory, people=(changed, *directory.people[1:])), [], NOW)
    async with database.connect() as conn:
        assert (await read_directory(conn)).people[0] == changed
        covered = text("SELECT count(*) FROM shift WHERE person = :person AND during @> :now ::timestamptz")
        for hours in (0, 7, 14, 24 * 30):
            moment = NOW + timedelta(hours=hours)
            assert await conn.scalar(covered, {"person": changed.id, "now": moment}) == 1


async def test_capitals_in_an_address_create_no_new_person(database: AsyncEngine) -> None:
    directory = small_team()
    in_capitals = [replace(person, email=person.email.upper()) for person in directory.people]
    for people in (directory.people, tuple(in_capitals)):
        async with database.begin() as conn:
            await seed_directory(conn, replace(directory, people=people), [MANAGER], NOW)
    async with database.connect() as conn:
        assert (await read_directory(conn)).people == directory.people


async def test_seeding_once_leaves_existing_data_unchanged(
    database_url: str, database: AsyncEngine, tmp_path: Path
) -> None:
    variables = {**environment(tmp_path, 8700), "MUSTER_DATABASE_URL": database_url}
    assert (await asyncio.to_thread(run_muster, variables, "seed", "--once", "--quiet")).returncode == 0
    async with database.begin() as conn:
        published = await current_published(conn)
        assert published is not None
        faster = published.text.replace("if nobody in 3 minutes", "if nobody in 2 minutes")
        await publish(conn, faster, "Marta", "faster", 1, NOW, percent=10)
        await conn.execute(text("UPDATE team SET name = 'Desk' WHERE name = 'Support'"))
    again = await asyncio.to_thread(run_muster, variables, "seed", "--once", "--json")
    assert again.returncode == 0, again.stderr
    assert len(json.loads(again.stdout)["people"]) == 9
    async with database.connect() as conn:
        assert (await conn.execute(text("SELECT name FROM team ORDER BY id"))).scalars().all() == ["Desk", "Office"]
        assert await conn.scalar(text("SELECT count(*) FROM ruleset")) == 2
    over = tmp_path / "over.rules"
    over.write_text(faster.replace("at most 5 calls", "at most 6 calls"))
    refused = await asyncio.to_thread(run_muster, variables, "seed", "--rules", str(over))
    assert refused.returncode == 1
    assert "Version 2 of Marta is live for 10 % of the customers" in refused.stderr


async def test_a_new_sign_in_link_replaces_the_unused_one(database: AsyncEngine) -> None:
    async with database.begin() as conn:
        person = (await seed_directory(conn, small_team(), [], NOW))[0].id
        await renew_sign_in_link(conn, person, NOW)
        newest = await renew_sign_in_link(conn, person, NOW)
    async with database.connect() as conn:
        query = select(sign_in_link.c.token_hash).where(sign_in_link.c.person == person)
        assert (await conn.execute(query)).scalars().all() == [token_hash(newest)]


async def test_rules_with_errors_leave_the_database_unchanged(
    database_url: str, database: AsyncEngine, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.rules"
    broken.write_text('rules for "Harbor Boats support"\n  time zone Mars/Phobos\n')
    variables = {**environment(tmp_path, 8700), "MUSTER_DATABASE_URL": database_url}
    done = await asyncio.to_thread(run_muster, variables, "seed", "--rules", str(broken))
    assert done.returncode == 1
    assert "broken.rules, line 2" in done.stderr
    async with database.connect() as conn:
        assert await conn.scalar(select(func.count()).select_from(sign_in_link)) == 0
    assert not (tmp_path / "credentials.json").exists()
