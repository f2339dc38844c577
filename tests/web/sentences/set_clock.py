"""A clock that the test sets, for the application and for the database's statements: it stands in a row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from database.clock import PROCESS_CLOCK

# PostgreSQL looks into `pg_catalog` first unless the search path names it later.
_INSTALL = (
    "CREATE SCHEMA set_clock",
    "CREATE TABLE set_clock.reading (at timestamptz NOT NULL)",
    "INSERT INTO set_clock.reading VALUES (pg_catalog.now())",
    "CREATE FUNCTION set_clock.now() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT at FROM set_clock.reading'",
    "CREATE FUNCTION set_clock.clock_timestamp() RETURNS timestamptz LANGUAGE sql STABLE "
    "AS 'SELECT at FROM set_clock.reading'",
    'ALTER DATABASE "{database}" SET search_path = set_clock, pg_catalog, public',
)


@dataclass
class SetClock:
    """Stands still except when a test moves it on."""

    engine: AsyncEngine
    now: datetime

    @classmethod
    async def install(cls, engine: AsyncEngine, now: datetime, monkeypatch: pytest.MonkeyPatch) -> SetClock:
        """For connections opened from now on, and for this process until the test ends."""
        clock = cls(engine, now)
        async with engine.begin() as conn:
            for statement in _INSTALL:
                await conn.exec_driver_sql(statement.format(database=engine.url.database))
        await engine.dispose()
        monkeypatch.setattr(PROCESS_CLOCK, "_system", lambda: clock.now)
        monkeypatch.setattr(PROCESS_CLOCK, "learn", lambda *_: None)
        await clock.set(now)
        return clock

    async def set(self, now: datetime) -> None:
        self.now = now
        async with self.engine.begin() as conn:
            await conn.execute(text("UPDATE set_clock.reading SET at = :now"), {"now": now})

    async def later(self, **by: float) -> None:
        await self.set(self.now + timedelta(**by))
