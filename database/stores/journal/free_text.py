"""Free text that people type, kept out of workflow histories: a history contains only the reference."""

from __future__ import annotations

import uuid

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.escalation import words


async def store_text(conn: AsyncConnection, text: str) -> str:
    """Store a text and return its reference, which is empty for an empty text."""
    if not text.strip():
        return ""
    ref = str(uuid.uuid4())
    await conn.execute(words.insert().values(ref=ref, text=text.strip(), at=func.clock_timestamp()))
    return ref


async def read_text(conn: AsyncConnection, ref: str) -> str:
    """The text behind a reference; empty if the reference is empty or unknown."""
    if not ref:
        return ""
    return (await conn.execute(select(words.c.text).where(words.c.ref == ref))).scalar_one_or_none() or ""
