"""Immutable snapshots of the directory, identified by the hash of their content.

Whatever has changed the directory, opening an escalation stores a snapshot of its current content unless there already
is one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.directory import directory_snapshot
from rules_dsl.directory import Directory

_DIRECTORY = TypeAdapter(Directory)


@dataclass(frozen=True)
class _WrittenSnapshot:
    directory: Directory
    hash: str
    text: str


_last: _WrittenSnapshot | None = None
# The last directory that this process read, kept because it seldom changes and every new escalation needs it.


async def store_snapshot(conn: AsyncConnection, directory: Directory, now: datetime) -> str:
    """Store a snapshot of this directory unless there already is one, and return its hash."""
    global _last
    if _last is None or _last.directory != directory:
        _last = _written(directory)
    existing = select(directory_snapshot.c.hash).where(directory_snapshot.c.hash == _last.hash)
    if (await conn.execute(existing)).one_or_none() is None:
        row = {"hash": _last.hash, "directory": json.loads(_last.text), "taken_at": now}
        await conn.execute(insert(directory_snapshot).values(row).on_conflict_do_nothing())
    return _last.hash


async def read_snapshots(conn: AsyncConnection, hashes: Collection[str]) -> dict[str, Directory]:
    """Read snapshots by hash. Fields that an older snapshot lacks get their defaults."""
    query = select(directory_snapshot.c.hash, directory_snapshot.c.directory)
    rows = await conn.execute(query.where(directory_snapshot.c.hash.in_(hashes)))
    return {row.hash: _DIRECTORY.validate_python(row.directory) for row in rows}


def _written(directory: Directory) -> _WrittenSnapshot:
    """Serialize without email addresses: no rule uses them, so changing one changes no decision."""
    people = tuple(replace(person, email="") for person in directory.people)
    content = _DIRECTORY.dump_python(replace(directory, people=people), mode="json")
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return _WrittenSnapshot(directory, hashlib.sha256(text.encode()).hexdigest(), text)
