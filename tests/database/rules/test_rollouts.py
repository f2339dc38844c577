"""Rollouts: one version decides each customer's escalations, and concurrent clicks never advance a step twice."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores.escalations.open import open_or_refuse
from database.stores.journal.audit_log import audit_entries
from database.stores.rules.rollouts import Rollout, advance, find_rollout, restore_version, roll_back, running_rollout
from database.stores.rules.versions import (
    NoDesk,
    PublishedRules,
    RulesMoved,
    current_published,
    publish,
    published_versions,
)
from database.stores.staff.seed import seed_directory
from database.tables.account import ruleset
from database.tables.escalation import escalation
from database.tables.rollout import staged_escalation
from domain.escalation import Customer, Mode, Opening, OpeningResult, Ticket
from domain.ids import Tokens
from domain.rollout.steps import StageMoved, StageRuns, StageUnfit, has_candidate
from rules_dsl.directory import Directory

EXAMPLES = Path(__file__).parents[3] / "examples"
RULES = (EXAMPLES / "small_team.rules").read_text()
FASTER = RULES.replace("if nobody in 3 minutes", "if nobody in 2 minutes")
OTHER = RULES.replace("at most 5 calls", "at most 6 calls")
NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
FACTS = {"priority": "normal", "tags": [], "replies": 4, "reopened": False, "ticket age": 7200}


@dataclass
class House:
    engine: AsyncEngine

    async def open(self, customer: str, ticket: str | None = None) -> OpeningResult:
        reference = Ticket("zendesk", ticket or customer, "https://desk.example/1", "Engine stops", dict(FACTS))
        opening = Opening(reference, Customer("Mira", customer), Mode.BOOKING, "api:test")
        return await open_or_refuse(self.engine, opening, Tokens(b"a secret of thirty-two characters"), NOW)

    async def decided_by(self, opened: OpeningResult) -> str:
        async with self.engine.connect() as conn:
            query = select(escalation.c.ruleset).where(escalation.c.id == opened.escalation_id)
            version = (await conn.execute(query)).scalar_one()
            return str(
                (await conn.execute(select(ruleset.c.text).where(ruleset.c.version == version))).scalars().first()
            )

    async def publish(
        self, text: str, based_on: int | None, percent: int = 100, author: str = "Marta"
    ) -> PublishedRules:
        async with self.engine.begin() as conn:
            return await publish(conn, text, author, "because", based_on, NOW, percent=percent)

    async def running(self) -> Rollout | None:
        async with self.engine.connect() as conn:
            return await running_rollout(conn)

    async def must_run(self) -> Rollout:
        rollout = await self.running()
        assert rollout is not None
        return rollout

    async def advance(self, rollout: int, seen: int, percent: int, author: str = "Marta") -> None:
        async with self.engine.begin() as conn:
            await advance(conn, rollout, seen, percent, author, "it does well", NOW)

    async def current(self) -> int:
        async with self.engine.connect() as conn:
            published = await current_published(conn)
        assert published is not None
        return published.number


@pytest.fixture
async def house(database: AsyncEngine) -> House:
    directory = Directory.from_json(json.loads((EXAMPLES / "small_team.directory.json").read_text()))
    async with database.begin() as conn:
        await seed_directory(conn, directory, [], NOW)
    house = House(database)
    await house.publish(RULES, None)
    return house


async def test_a_candidate_decides_for_its_share_and_the_current_version_for_the_rest(house: House) -> None:
    await house.publish(FASTER, 1, 30)
    rollout = await house.must_run()
    assert (rollout.candidate.number, rollout.current.number, rollout.percent) == (2, 1, 30)
    assert await house.current() == 1
    customers = [f"c{number}@example.com" for number in range(12)]
    in_share = {one: has_candidate(one, rollout.id, 30) for one in customers}
    assert set(in_share.values()) == {True, False}
    for one in customers:
        opened = await house.open(one)
        assert await house.decided_by(opened) == (FASTER if in_share[one] else RULES)
    async with house.engine.connect() as conn:
        rows = (await conn.execute(select(staged_escalation))).all()
    assert sorted((row.percent, row.candidate) for row in rows) == sorted(
        (30, candidate) for candidate in in_share.values()
    )


async def test_an_escalation_keeps_the_version_it_started_with(house: House) -> None:
    await house.publish(FASTER, 1, 10)
    rollout = await house.must_run()
    lucky = next(f"c{n}@example.com" for n in range(500) if has_candidate(f"c{n}@example.com", rollout.id, 10))
    first = await house.open(lucky, "T1")
    async with house.engine.begin() as conn:
        await roll_back(conn, rollout.id, "Marta", "declines", NOW)
    again = await house.open(lucky, "T1")
    assert (again.escalation_id, again.created) == (first.escalation_id, False)
    assert await house.decided_by(again) == FASTER
    assert await house.decided_by(await house.open(lucky, "T2")) == RULES
    async with house.engine.connect() as conn:
        assert len((await conn.execute(select(staged_escalation))).all()) == 1


async def test_a_rollout_advances_step_by_step_to_everybody(house: House) -> None:
    await house.publish(FASTER, 1, 10)
    rollout = await house.must_run()
    for seen, percent in ((10, 30), (30, 70)):
        await house.advance(rollout.id, seen, percent)
        assert await house.current() == 1
    await house.advance(rollout.id, 70, 100)
    assert await house.current() == 2
    assert await house.running() is None
    async with house.engine.connect() as conn:
        ended = await find_rollout(conn, rollout.id)
        audited = [(entry.actor, entry.action, entry.subject) for entry in await audit_entries(conn)]
    assert ended is not None
    assert (ended.outcome, [step.percent for step in ended.steps]) == ("adopted", [10, 30, 70, 100])
    assert audited[:3] == [("Marta", "moved rules to the next stage", "version 2")] * 3
    assert await house.decided_by(await house.open("who@example.com")) == FASTER


async def test_one_candidate_at_a_time(house: House) -> None:
    await house.publish(FASTER, 1, 10)
    for percent in (30, 100):
        with pytest.raises(StageRuns, match=r"Version 2 of Marta is live for 10 % of the customers"):
            await house.publish(OTHER, 1, percent, "Otto")
    assert (await house.publish(FASTER, 1, 10)).number == 2, "clicked twice"
    assert (await house.publish(RULES, 1)).number == 1
    async with house.engine.connect() as conn:
        assert len(await published_versions(conn)) == 2


async def test_the_first_version_is_for_everybody(database: AsyncEngine) -> None:
    directory = Directory.from_json(json.loads((EXAMPLES / "small_team.directory.json").read_text()))
    async with database.begin() as conn:
        await seed_directory(conn, directory, [], NOW)
    house = House(database)
    await house.publish(RULES, None, 10)
    assert await house.current() == 1
    assert await house.running() is None


async def test_restoring_a_version_ends_a_running_rollout(house: House) -> None:
    await house.publish(OTHER, 1)
    await house.publish(FASTER, 2, 30)
    async with house.engine.begin() as conn:
        restored = await restore_version(conn, 1, 2, "Otto", NOW)
    assert (restored.number, restored.text, restored.reason) == (4, RULES, "Back to version 1")
    assert await house.running() is None
    assert await house.current() == 4
    async with house.engine.begin() as conn:
        with pytest.raises(StageMoved, match="version 4 is current for everybody"):
            await restore_version(conn, 2, 2, "Marta", NOW)


async def test_a_stale_page_changes_nothing(house: House) -> None:
    await house.publish(FASTER, 1, 10)
    rollout = await house.must_run()
    await house.advance(rollout.id, 10, 30)
    with pytest.raises(StageMoved, match="live for 30 % of the customers"):
        await house.advance(rollout.id, 10, 30)
    with pytest.raises(StageMoved):
        await house.advance(rollout.id, 30, 10)
    async with house.engine.begin() as conn:
        await roll_back(conn, rollout.id, "Marta", "declines", NOW)
    async with house.engine.begin() as conn:
        with pytest.raises(StageMoved, match="version 1 is current for everybody"):
            await roll_back(conn, rollout.id, "Otto", "declines", NOW)
    with pytest.raises(StageMoved):
        await house.advance(rollout.id, 30, 100)
    with pytest.raises(RulesMoved):
        await house.publish(OTHER, None)


async def test_two_managers_click_at_the_same_time(house: House) -> None:
    published = await asyncio.gather(
        house.publish(FASTER, 1, 10, "Marta"), house.publish(OTHER, 1, 10, "Otto"), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in published) == ["PublishedRules", "StageRuns"]
    rollout = await house.must_run()
    advanced = await asyncio.gather(
        *(house.advance(rollout.id, 10, 30, author) for author in ("Marta", "Otto")), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in advanced) == ["NoneType", "StageMoved"]
    assert [step.percent for step in (await house.must_run()).steps] == [10, 30]


async def test_a_candidate_that_the_directory_outgrew_decides_nothing(house: House) -> None:
    """On the pages, names change together with the rules; plain SQL changes only the name."""
    await house.publish(RULES.replace('team "Office"', 'team "Support"'), 1)
    await house.publish(RULES, 2, 30)
    rollout = await house.must_run()
    async with house.engine.begin() as conn:
        await conn.execute(text("UPDATE team SET name = 'Back office' WHERE name = 'Office'"))
    lucky = next(f"c{n}@example.com" for n in range(500) if has_candidate(f"c{n}@example.com", rollout.id, 30))
    assert await house.decided_by(await house.open(lucky)) == RULES.replace('team "Office"', 'team "Support"')
    async with house.engine.connect() as conn:
        assert (await conn.execute(select(staged_escalation))).all() == [], "it does not count in the comparison"
    with pytest.raises(StageUnfit, match="Version 3 no longer fits the directory: unknown team `Office`"):
        await house.advance(rollout.id, 30, 70)
    async with house.engine.begin() as conn:
        await roll_back(conn, rollout.id, "Marta", "a name is gone", NOW)
    assert await house.running() is None


async def test_nothing_is_published_before_an_organisation_is_seeded(database: AsyncEngine) -> None:
    async with database.begin() as conn:
        with pytest.raises(NoDesk, match="muster seed"):
            await publish(conn, RULES, "Marta", "because", None, NOW)


async def test_openings_do_not_wait_for_publishing(house: House) -> None:
    """Checking long rules takes seconds, and calls are opened meanwhile."""
    async with house.engine.begin() as conn:
        await publish(conn, FASTER, "Marta", "slow", 1, NOW)
        opened = await asyncio.wait_for(house.open("during@example.com"), timedelta(seconds=5).total_seconds())
        assert await house.decided_by(opened) == RULES


async def test_agents_are_told_what_new_rules_change_for_them_and_why(house: House) -> None:
    async def told() -> dict[str, dict[str, object]]:
        async with house.engine.begin() as conn:
            rows = await conn.execute(text("DELETE FROM message RETURNING kind, recipient, params"))
            return {row.recipient: row.params for row in rows if row.kind == "rules_changed"}

    async with house.engine.connect() as conn:
        addresses = {row.name: row.email for row in await conn.execute(text("SELECT name, email FROM person"))}
    invoices = RULES.replace('send to team "Office"', 'send to team "Support"', 1).partition("\nexpect ")[0]
    assert await told() == {}, "the first version changes nothing for anybody"
    async with house.engine.begin() as conn:
        await publish(conn, invoices, "Marta", "invoices took too long", 1, NOW, percent=10)
    params = (await told())[addresses["Ines Costa"]]
    assert params == {
        "ruleset": 2,
        "share": "10 % of the customers",
        "reason": "invoices took too long",
        "lines": ["Rule “Invoices” no longer asks you."],
    }
    running = await house.must_run()
    async with house.engine.begin() as conn:
        await roll_back(conn, running.id, "Marta", "too slow", NOW + timedelta(hours=1))
    params = (await told())[addresses["Ines Costa"]]
    assert (params["ruleset"], params["share"], params["reason"]) == (1, "everybody", "too slow")
    assert params["lines"] == ["Rule “Invoices” now asks you."]
    async with house.engine.begin() as conn:
        await publish(conn, invoices, "Marta", "again", 1, NOW + timedelta(hours=2))
    assert len(await told()) == 6, "everybody in Support, and Ines"
    async with house.engine.begin() as conn:
        await restore_version(conn, 1, 3, "Marta", NOW + timedelta(hours=3))
    assert (await told())[addresses["Ines Costa"]]["reason"] == "Back to version 1"
