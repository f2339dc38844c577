"""A gate in the stack's database: holds transactions just before their commit, so that a fault can strike right there.

Every effect writes an event in its transaction. A deferred trigger on the events' table waits, at the commit, for an
advisory lock that the gate holds while it is closed.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import psycopg

from domain.escalation import Kind

LOCK = 1_122_334_455
_SET_UP = f"""
CREATE TABLE IF NOT EXISTS fault_gate (kind text PRIMARY KEY);
CREATE OR REPLACE FUNCTION wait_at_fault_gate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM fault_gate WHERE kind = NEW.kind) THEN
    PERFORM set_config('lock_timeout', '0', true);
    PERFORM set_config('application_name', NEW.escalation::text, true);
    PERFORM pg_advisory_xact_lock_shared({LOCK});
  END IF;
  RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS fault_gate ON escalation_event;
CREATE CONSTRAINT TRIGGER fault_gate AFTER INSERT ON escalation_event DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION wait_at_fault_gate();
"""
_WAITING = """
SELECT l.pid, a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE l.locktype = 'advisory' AND NOT l.granted AND l.objid = %s ORDER BY a.query_start
"""
_BUSY = "SELECT count(*) FROM pg_stat_activity WHERE pid = ANY(%s) AND state = 'active'"


@dataclass(frozen=True)
class Waiter:
    """A transaction waiting at the gate: its connection's process in PostgreSQL, and its escalation's id."""

    pid: int
    escalation: str


@dataclass
class Gate:
    """The gate of one database; open at first."""

    url: str
    _conn: psycopg.AsyncConnection[tuple[object, ...]] = field(init=False)

    async def set_up(self) -> None:
        await self._connect()
        await self._conn.execute(_SET_UP.encode())

    async def _connect(self, within: float = 60.0) -> None:
        deadline = time.monotonic() + within
        while True:
            try:
                self._conn = await psycopg.AsyncConnection.connect(self.url, autocommit=True)
                return
            except psycopg.OperationalError:
                assert time.monotonic() < deadline, "PostgreSQL doesn't come back"
            await asyncio.sleep(0.2)

    @contextlib.asynccontextmanager
    async def closed(self, kind: Kind) -> AsyncIterator[None]:
        """Hold every transaction that writes an event of this kind, until the block ends or ``open`` is called."""
        await self._revive()
        await self._conn.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        await self._conn.execute("INSERT INTO fault_gate VALUES (%s)", [kind])
        try:
            yield
        finally:
            await self.open()

    async def open(self) -> None:
        """Let everybody through, also while PostgreSQL dies, which ends the lock."""
        deadline = time.monotonic() + 60
        while True:
            try:
                await self._revive()
                await self._conn.execute("DELETE FROM fault_gate")
                await self._conn.execute("SELECT pg_advisory_unlock_all()")
            except psycopg.OperationalError:
                # A backend whose postmaster was killed may answer once more before it notices.
                assert time.monotonic() < deadline, "PostgreSQL doesn't come back"
                await asyncio.sleep(0.2)
            else:
                return

    async def _revive(self) -> None:
        """Connect again if PostgreSQL has died since."""
        try:
            await self._conn.execute("SELECT 1")
        except psycopg.OperationalError:
            await self._connect()

    async def reached(self, within: float = 90.0) -> list[Waiter]:
        """Wait until a transaction waits at the gate; returns all that do."""
        deadline = time.monotonic() + within
        while not (waiting := await self._waiting()):
            assert time.monotonic() < deadline, f"nothing reaches the gate within {within} s"
            await asyncio.sleep(0.01)
        return waiting

    async def passed(self, waiters: list[Waiter]) -> None:
        """Wait until these have committed."""
        pids = [waiter.pid for waiter in waiters]
        while (await (await self._conn.execute(_BUSY, [pids])).fetchone()) != (0,):  # noqa: ASYNC110 - PostgreSQL's state
            await asyncio.sleep(0.01)

    async def abort(self, waiters: list[Waiter]) -> None:
        """End these transactions without a commit, as PostgreSQL does if a client dies before it asks for one."""
        for waiter in waiters:
            await self._conn.execute("SELECT pg_terminate_backend(%s, 5000)", [waiter.pid])

    async def close(self) -> None:
        await self._conn.close()

    async def _waiting(self) -> list[Waiter]:
        rows = await (await self._conn.execute(_WAITING, [LOCK])).fetchall()
        return [Waiter(int(str(pid)), str(escalation)) for pid, escalation in rows]


async def abort_into_lock(gate: Gate, first: Waiter, seconds: float) -> None:
    """Lock the row of a transaction at the gate as soon as it is aborted, so that its next try meets the lock."""
    locking = locked_row(gate.url, first.escalation, seconds)
    locked = asyncio.create_task(locking.__aenter__())
    await asyncio.sleep(0.2)
    await gate.abort([first])
    await gate.open()
    await locked
    await locking.__aexit__(None, None, None)


@contextlib.asynccontextmanager
async def locked_row(url: str, escalation: str, seconds: float) -> AsyncIterator[None]:
    """Lock an escalation's row before the block begins, for this long or until the block ends, whichever is later."""
    async with await psycopg.AsyncConnection.connect(url) as conn:
        await conn.execute("SELECT 1 FROM escalation WHERE id = %s FOR UPDATE", [escalation])
        until = time.monotonic() + seconds
        yield
        await asyncio.sleep(max(until - time.monotonic(), 0))
