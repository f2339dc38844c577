"""A history read in columns equals the one that was written, whatever the values, types and directories."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from database.stores.backtest.columns import HistoryReader
from database.stores.backtest.fact_columns import bare_text_parser
from database.stores.directory.snapshots import store_snapshot
from database.stores.staff.seed import seed_directory
from domain.backtest.history import HistoryEntry
from rules_dsl import Directory
from rules_dsl.directory import Facts, FactType, FactValue
from tests.rules_dsl.desks import directory

SINCE = datetime(2026, 2, 2, tzinfo=UTC)
UNTIL = SINCE + timedelta(weeks=2)
FACTS = (
    FactType("priority", "choice", ("low", "urgent", "blåbær 7")),
    FactType("replies", "count"),
    FactType("ARR", "money"),
    FactType("ticket age", "duration"),
    FactType("reopened", "yes/no"),
    FactType("tags", "tags"),
    FactType("renewal", "moment"),
    FactType("never given", "count"),
)
VALUES: Mapping[str, tuple[FactValue | None, ...]] = {
    "priority": ("low", "urgent", "blåbær 7", None),
    "replies": (0, 1, 12, None),
    "ARR": (0, 10**15, None),
    "ticket age": tuple(range(0, 10**6, 12345)),
    "reopened": (True, False, None),
    "tags": ((), ("a",), ("line\nbreak", 'quote"', "ø"), None),
    "renewal": ("2026-03-01T09:30:00+01:00", None),
}
KNOWN = replace(directory("small_team"), facts=FACTS)
NAMES = [fact.name for fact in FACTS]
_ROW = text("""
INSERT INTO escalation (id, desk, ticket_system, ticket_id, ticket_url, subject, facts, customer, mode, state, plan,
  ruleset, rule, directory, opened_by, opened_at, updated_at)
SELECT CAST(:id AS uuid), d.id, 'test', :id, '', '', CAST(:facts AS jsonb), c.id, :mode, 'closed', '{}', :ruleset, 'r',
  :directory, 'test', :at, :at
FROM desk d, customer c
""")
_BOOKING = text("""
INSERT INTO booking (escalation, link, pool, starts_at, seconds, occupies, state, booked_at)
SELECT CAST(:id AS uuid), count(*), 1, :at, 1800, 'empty', 'done', :at FROM booking
""")


@pytest.fixture
async def desk(database: AsyncEngine) -> AsyncEngine:
    async with database.begin() as conn:
        await seed_directory(conn, KNOWN, [], SINCE)
        await conn.execute(text("INSERT INTO customer (email, name) VALUES ('a@b.example', 'A')"))
    return database


async def write(conn: AsyncConnection, history: Sequence[HistoryEntry], hashes: Mapping[str, str | None]) -> None:
    """Write each escalation, with earlier bookings before its last one, and calls now with bookings to be ignored."""
    random = Random(1)
    await conn.execute(text("SET session_replication_role = replica"))
    for one in history:
        row = {"id": one.id, "facts": json.dumps(one.facts), "at": one.opened_at, "ruleset": "v1"}
        row |= {"mode": "now" if one.now else "booking", "directory": hashes[one.directory]}
        await conn.execute(_ROW, row)
        booked = [one.opened_at + timedelta(hours=random.randrange(900)) for _ in range(random.randrange(3))]
        if not one.now:
            booked = [*booked, one.call_at] if one.call_at else []
        for at in booked:
            await conn.execute(_BOOKING, {"id": one.id, "at": at})


async def read(conn: AsyncConnection, known: Mapping[str, Directory]) -> list[HistoryEntry]:
    reader, found = HistoryReader(NAMES), list[HistoryEntry]()
    async for portion in reader.portions(conn, SINCE, UNTIL, "v1"):
        columns = reader.columns(portion, await reader.facts(conn, portion, known))
        found += [columns.at(place) for place in range(len(columns))]
    return found


def facts(random: Random) -> Facts:
    values_by_name = {name: random.choice(values) for name, values in VALUES.items()}
    return {name: value for name, value in values_by_name.items() if value is not None}


def some_past(random: Random, count: int, hashes: Sequence[str]) -> list[HistoryEntry]:
    found = []
    for _ in range(count):
        opened = SINCE + timedelta(seconds=random.randrange(14 * 86400))
        now = random.random() < 0.4
        booked = opened + timedelta(hours=random.randrange(90)) if random.random() < 0.7 else None
        id_ = str(UUID(int=random.getrandbits(128)))
        found.append(HistoryEntry(id_, opened, facts(random), random.choice(hashes), opened if now else booked, now))
    # Two opened at the same moment are ordered by id.
    found.append(replace(found[0], id=str(UUID(int=7))))
    return sorted(found, key=lambda one: (one.opened_at, one.id), reverse=True)


async def test_what_was_written_is_read(desk: AsyncEngine) -> None:
    """Both ways: with a stored directory, which has the types of values, and without one."""
    async with desk.begin() as at:
        hash_ = await store_snapshot(at, KNOWN, SINCE)
        history = some_past(Random(2), 200, ["", hash_])
        await write(at, history, {"": None, hash_: hash_})
        outside = [replace(one, id=str(UUID(int=place)), opened_at=edge) for place, (one, edge) in enumerate(
            zip(history, (UNTIL, SINCE - timedelta(microseconds=1)), strict=False)
        )]  # fmt: skip
        await write(at, outside, {"": None, hash_: hash_})
        assert await read(at, {hash_: KNOWN, "": KNOWN}) == history
        await at.execute(text("UPDATE escalation SET directory = :hash"), {"hash": hash_})
        alone = [replace(one, directory=hash_) for one in history]
        assert await read(at, {hash_: KNOWN}) == alone


async def test_the_types_of_values_are_those_of_their_directory(desk: AsyncEngine) -> None:
    """A fact that was a count and became a choice: 1 then and "1" now are two values."""
    later = replace(KNOWN, facts=(FactType("replies", "choice", ("1", "true")), *FACTS[2:]))
    random = Random(3)
    async with desk.begin() as at:
        then, now = await store_snapshot(at, KNOWN, SINCE), await store_snapshot(at, later, SINCE)
        history = some_past(random, 60, [then, now])
        history = [
            replace(one, facts={"replies": 1 if one.directory == then else random.choice(("1", "true"))})
            for one in history
        ]
        await write(at, history, {then: then, now: now})
        found = await read(at, {then: KNOWN, now: later})
        assert found == history
        assert {type(one.facts["replies"]) for one in found} == {int, str}
    assert bare_text_parser("replies", [KNOWN, later]) is None
    assert bare_text_parser("ARR", [KNOWN, later]) is not None


async def test_a_text_with_a_line_break_is_read_again_in_json(desk: AsyncEngine) -> None:
    async with desk.begin() as at:
        hash_ = await store_snapshot(at, KNOWN, SINCE)
        history = [replace(one, facts={"priority": "a\nb", "replies": 3}) for one in some_past(Random(4), 5, [hash_])]
        await write(at, history, {hash_: hash_})
        assert await read(at, {hash_: KNOWN}) == history


async def test_an_empty_history_has_no_portions(desk: AsyncEngine) -> None:
    async with desk.connect() as at:
        assert await read(at, {}) == []
