"""An ended escalation with a served call, offers, a wrap-up, a rating, events and messages."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores.archive.folder import ArchiveFolder
from database.stores.journal.timeline import record
from domain.escalation import Kind, Outcome, State
from workers.archiver import archive_ended

_CALL = """
INSERT INTO call (id, escalation, nth, state, muster_at, person, team, title, accepted_at, customer_joined_at,
  agent_joined_at, ended_at, wrapped_up_at)
SELECT gen_random_uuid(), :escalation, 1, 'done', :at, id, team, title, :at, :at, :at,
  CAST(:at AS timestamptz) + interval '9 min', CAST(:at AS timestamptz) + interval '10 min'
FROM person WHERE id = :person RETURNING id
"""
_ROWS = (
    "INSERT INTO round (at, calls, offers, took_ms) VALUES (:at, 1, 1, 5)",
    "INSERT INTO offer (call, nth, person, round, state, why, made_at, expires_at) SELECT :call, 1, :person, max(id),"
    """ 'done', '{"pool": "the team Support", "values": ["idle for 2 hours"]}', :at, :at FROM round""",
    "INSERT INTO wrap_up (call, resolved, note, person, at) VALUES (:call, 'yes', 'A loose clip.', :person, :at)",
    "INSERT INTO rating (call, escalation, score, comment, at) VALUES (:call, :escalation, 4, 'Kind.', :at)",
    "UPDATE message SET state = 'sent', sent_at = created_at WHERE escalation = :escalation",
)


async def end_life(engine: AsyncEngine, escalation_id: str, person: int, at: datetime) -> str:
    """Give the escalation a served call at this time and close it; returns the call's id."""
    async with engine.begin() as conn:
        values = {"escalation": escalation_id, "person": person, "at": at}
        call_id = str((await conn.execute(text(_CALL), values)).scalar_one())
        for statement in _ROWS:
            used = {name: value for name, value in (values | {"call": call_id}).items() if f":{name}" in statement}
            await conn.execute(text(statement), used)
        body = {"call_id": call_id, "person": person}
        for kind in (Kind.CUSTOMER_MISSED, Kind.OFFERED, Kind.ACCEPTED, Kind.CALL_BEGAN, Kind.CALL_ENDED):
            await record(conn, escalation_id, kind, at, body=body, actor=f"person:{person}")
        wrapped_up = body | {"resolved": "yes"}
        await record(conn, escalation_id, Kind.WRAPPED_UP, at, body=wrapped_up, actor=f"person:{person}")
        await record(conn, escalation_id, Kind.RATED, at, body=body | {"score": 4}, actor="customer")
        ends = at + timedelta(days=1)
        await record(conn, escalation_id, Kind.CLOSED, ends, state=State.CLOSED, outcome=Outcome.RESOLVED)
    return call_id


async def archive_all(engine: AsyncEngine, folder: Path, now: datetime) -> int:
    """Archive everything closed more than thirty days before ``now``."""
    return await archive_ended(engine, ArchiveFolder(folder), now - timedelta(days=30), now, asyncio.Event())
