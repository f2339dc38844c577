"""Published rules: every version that ever stood, its author and reason, and the one that stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.audit import write_audit
from database.stores.directory import read_directory
from database.tables.account import ruleset
from database.tables.directory import desk
from domain.failure import Failure
from rules_dsl import Ruleset, RulesRefused, compile_rules
from rules_dsl.directory import Directory


@dataclass(frozen=True)
class Published:
    number: int
    """1 for the first, counted up by each publishing, rolling back included."""
    version: str
    """Hash of the rules' meaning: the same rules published again have the same."""
    text: str
    author: str
    reason: str
    published_at: datetime


@dataclass
class RulesMoved(Failure):
    """Somebody else published while this text was being edited."""

    number: int
    author: str

    title = "These rules have moved on"

    @property
    def detail(self) -> str:
        return (
            f"{self.author} published version {self.number} after you began. Your text is kept below: "
            "compare it with that version, then publish it over that one."
        )


@dataclass
class RulesOutdated(Failure):
    """The published rules name something that the directory no longer has."""

    problem: str

    title = "The published rules no longer fit the directory"

    @property
    def detail(self) -> str:
        return f"The published rules no longer fit the directory: {self.problem}. A manager can publish new ones."


@dataclass(frozen=True)
class _Compiled:
    text: str
    directory: Directory
    rules: Ruleset


_compiled: _Compiled | None = None
# The rules that stand, compiled once a process: they change seldom and are needed for every opening.


async def current_published(conn: AsyncConnection) -> Published | None:
    """The version that stands, or None before the first."""
    found = await _newest(conn)
    return None if found is None else _published(found)


async def current_ruleset(conn: AsyncConnection, directory: Directory) -> Ruleset | None:
    """The rules that stand, compiled against this directory. Raises ``RulesOutdated``."""
    global _compiled
    found = await _newest(conn)
    if found is None:
        return None
    if _compiled is None or _compiled.text != found.text or _compiled.directory != directory:
        try:
            _compiled = _Compiled(found.text, directory, compile_rules(found.text, directory))
        except RulesRefused as refused:
            raise RulesOutdated(next(m.text for m in refused.messages if m.severity == "error")) from refused
    return _compiled.rules


async def published_versions(conn: AsyncConnection, *, before: int | None = None, limit: int = 50) -> list[Published]:
    """Newest first; ``before`` is the number of the last one seen."""
    query = select(ruleset).order_by(ruleset.c.number.desc()).limit(limit)
    if before is not None:
        query = query.where(ruleset.c.number < before)
    return [_published(row) for row in await conn.execute(query)]


async def published_number(conn: AsyncConnection, number: int) -> Published | None:
    row = (await conn.execute(select(ruleset).where(ruleset.c.number == number))).one_or_none()
    return None if row is None else _published(row)


async def publish(
    conn: AsyncConnection, text: str, author: str, reason: str, based_on: int | None, now: datetime
) -> Published:
    """Make this text the rules that stand, for escalations opened from now on.

    ``based_on`` is the number of the version that the author started from (None: there was none). Publishing
    what stands already changes nothing. Raises ``RulesRefused`` with its messages, and ``RulesMoved``.
    """
    home = (await conn.execute(select(desk).order_by(desk.c.id).limit(1).with_for_update())).one()
    standing = await current_published(conn)
    if standing is not None and standing.text == text:
        return standing
    if standing is not None and standing.number != based_on:
        raise RulesMoved(standing.number, standing.author)
    compiled = compile_rules(text, await read_directory(conn))
    highest = (await conn.execute(select(func.max(ruleset.c.number)).where(ruleset.c.desk == home.id))).scalar()
    row = {"desk": home.id, "number": (highest or 0) + 1, "version": compiled.version, "text": text}
    row |= {"author": author, "reason": reason, "published_at": now}
    await conn.execute(ruleset.insert().values(row))
    await conn.execute(update(desk).where(desk.c.id == home.id).values(ruleset=compiled.version))
    said = {"number": row["number"], "version": compiled.version, "reason": reason}
    await write_audit(conn, author, "published rules", f"version {row['number']}", now, said)
    return Published(row["number"], compiled.version, text, author, reason, now)


async def _newest(conn: AsyncConnection) -> Row[Any] | None:
    query = select(ruleset).order_by(ruleset.c.number.desc()).limit(1)
    return (await conn.execute(query)).one_or_none()


def _published(row: Row[Any]) -> Published:
    return Published(row.number, row.version, row.text, row.author, row.reason, row.published_at)
