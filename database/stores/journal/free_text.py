"""Free text stored by the previous release, whose workflows know it only by reference."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.escalation import words


async def read_text(conn: AsyncConnection, ref: str) -> str:
    """The text behind a reference; empty if the reference is empty or unknown."""
    if not ref:
        return ""
    return (await conn.execute(select(words.c.text).where(words.c.ref == ref))).scalar_one_or_none() or ""
