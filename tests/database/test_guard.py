"""The limits of each kind of work, and connections that never wait for ever."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from database import limits
from database.engine import is_conflict, is_down, open_engine
from database.guard import Deadline, answers_by
from database.limits import WorkLimits
from domain.deadlines import ACTIVITY, MIGRATION_LOCK, TRANSACTION

KINDS = [kind for kind in vars(limits).values() if isinstance(kind, WorkLimits)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.work)
async def test_a_connection_has_the_limits_of_its_work(database_url: str, kind: WorkLimits) -> None:
    engine = open_engine(database_url, kind, connections=1)
    found = {}
    async with engine.connect() as conn:
        for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
            setting = text("SELECT setting::int FROM pg_settings WHERE name = :name")
            found[name] = await conn.scalar(setting, {"name": name})
        name = await conn.scalar(text("SELECT current_setting('application_name')"))
    await engine.dispose()
    expected = {"statement_timeout": kind.statement, "lock_timeout": kind.lock}
    expected["idle_in_transaction_session_timeout"] = kind.idle
    assert found == {setting: seconds * 1000 for setting, seconds in expected.items()}
    assert name == f"muster {kind.work}"


def test_an_effect_is_given_up_before_its_activity_and_waits_no_longer_for_locks_than_a_migration_may_hold_them() -> (
    None
):
    assert TRANSACTION.total_seconds() <= limits.EFFECT.statement < limits.EFFECT.answer < ACTIVITY.total_seconds()
    assert limits.MIGRATION.lock == MIGRATION_LOCK.total_seconds() < limits.EFFECT.lock


async def test_a_cancelled_statement_ends_on_the_server_too_and_its_connection_is_replaced(
    database_url: str, database: AsyncEngine
) -> None:
    engine = open_engine(database_url, connections=1)

    async def sleep() -> None:
        async with engine.connect() as conn:
            await conn.execute(text("SELECT pg_sleep(250)"))

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await sleep()
    async with engine.connect() as conn:
        assert await conn.scalar(text("SELECT 1")) == 1
    running = text("SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(250)'")
    async with database.connect() as conn:
        for _ in range(300):
            if not await conn.scalar(running):
                break
            # The view doesn't change within a transaction.
            await conn.rollback()
            await asyncio.sleep(0.1)
        assert await conn.scalar(running) == 0
    await engine.dispose()


async def test_a_deadline_ends_waiting_and_is_lifted_with_its_request(database_url: str) -> None:
    engine = open_engine(database_url, connections=1)
    deadline = Deadline(asyncio.get_running_loop().time() + 0.5)
    with answers_by(deadline):
        with pytest.raises(OperationalError, match="no answer from the database") as given_up:
            async with engine.connect() as conn:
                await conn.execute(text("SELECT pg_sleep(250)"))
        outlives = asyncio.create_task(_select_one(engine))
    assert is_down(given_up.value)
    assert await outlives == 1
    await engine.dispose()


async def _select_one(engine: AsyncEngine) -> int:
    async with engine.connect() as conn:
        found: int = (await conn.execute(text("SELECT 1"))).scalar_one()
        return found


async def test_waiting_for_a_lock_too_long_is_a_conflict(database_url: str) -> None:
    hurried = WorkLimits("hurried", statement=60, lock=0.05)
    engine = open_engine(database_url, hurried, connections=2)
    lock = text("LOCK TABLE desk")
    async with engine.begin() as first:
        await first.execute(lock)
        with pytest.raises(OperationalError) as refused:
            async with engine.begin() as second:
                await second.execute(lock)
    assert is_conflict(refused.value)
    await engine.dispose()


async def test_a_transaction_that_idles_is_an_outage_for_itself_only(database_url: str) -> None:
    engine = open_engine(database_url, WorkLimits("idler", statement=60, idle=0.05), connections=2)
    async with engine.connect() as other:
        pid = await other.scalar(text("SELECT pg_backend_pid()"))
        await other.rollback()
        async with engine.connect() as conn:
            await conn.execute(text("SELECT 1"))
            await asyncio.sleep(0.5)
            with pytest.raises(OperationalError) as ended:
                await conn.execute(text("SELECT 1"))
        assert is_down(ended.value)
        assert await other.scalar(text("SELECT pg_backend_pid()")) == pid
    async with engine.connect() as one, engine.connect() as two:
        assert pid in [await conn.scalar(text("SELECT pg_backend_pid()")) for conn in (one, two)]
    await engine.dispose()
