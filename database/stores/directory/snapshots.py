"""The directory as it was: immutable snapshots, named by the hash of what they say.

One is kept when an escalation is opened under a directory that none was kept of: whoever changed it, and however.
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
# The directory that this process saw last: it changes seldom and is asked for at every opening.


async def keep_snapshot(conn: AsyncConnection, directory: Directory, now: datetime) -> str:
    """The hash of this directory's snapshot, which is written unless it is there already."""
    global _last
    if _last is None or _last.directory != directory:
        _last = _written(directory)
    known = select(directory_snapshot.c.hash).where(directory_snapshot.c.hash == _last.hash)
    if (await conn.execute(known)).one_or_none() is None:
        row = {"hash": _last.hash, "directory": json.loads(_last.text), "taken_at": now}
        await conn.execute(insert(directory_snapshot).values(row).on_conflict_do_nothing())
    return _last.hash


async def read_snapshots(conn: AsyncConnection, hashes: Collection[str]) -> dict[str, Directory]:
    """By hash. What a newer release added to directories has its default in older snapshots."""
    query = select(directory_snapshot.c.hash, directory_snapshot.c.directory)
    found = await conn.execute(query.where(directory_snapshot.c.hash.in_(hashes)))
    return {row.hash: _DIRECTORY.validate_python(row.directory) for row in found}


def _written(directory: Directory) -> _WrittenSnapshot:
    """Without people's mail addresses: no rule asks for them, and a changed one changes no decision."""
    people = tuple(replace(person, email="") for person in directory.people)
    said = _DIRECTORY.dump_python(replace(directory, people=people), mode="json")
    text = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return _WrittenSnapshot(directory, hashlib.sha256(text.encode()).hexdigest(), text)
