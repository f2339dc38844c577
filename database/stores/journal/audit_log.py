"""The append-only audit log: who changed what, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.account import audit_entry


@dataclass(frozen=True)
class AuditEntry:
    id: int
    at: datetime
    actor: str
    action: str
    """A verb and its object: ``published rules``, ``revoked token``."""
    subject: str
    body: dict[str, Any]


async def write_audit(
    conn: AsyncConnection, actor: str, action: str, subject: str, now: datetime, body: Mapping[str, Any] | None = None
) -> None:
    """Write an entry, in the transaction of the change that it records. Never put a secret into ``body``."""
    row = {"at": now, "actor": actor, "action": action, "subject": subject, "body": dict(body or {})}
    await conn.execute(audit_entry.insert().values(row))


async def audit_entries(conn: AsyncConnection, *, before: int | None = None, limit: int = 50) -> list[AuditEntry]:
    """One page of entries, newest first; ``before`` is the id of the previous page's last entry."""
    query = select(audit_entry).order_by(audit_entry.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(audit_entry.c.id < before)
    rows = await conn.execute(query)
    return [AuditEntry(row.id, row.at, row.actor, row.action, row.subject, row.body) for row in rows]
