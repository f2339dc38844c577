"""Published rules: every version there ever was, its author and reason, and the one that stands.

A version stands for everybody from ``adopted_at`` on. One that is being tried on some of the customers, or was
rolled back before everybody had it, has none (``database.stores.rules.rollouts``).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.directory.read import read_directory
from database.stores.journal.audit_log import write_audit
from database.stores.rules.rollout_rows import begin_rollout, running_row
from database.tables.account import ruleset
from database.tables.directory import desk
from domain.failure import Failure
from domain.rollout.steps import EVERYBODY, StageRuns, share_words
from rules_dsl import Ruleset, RulesRefused, compile_rules, draft_rules
from rules_dsl.directory import Directory


@dataclass(frozen=True)
class PublishedRules:
    number: int
    """1 for the first, counted up by each publishing, rolling back included."""
    version: str
    """Hash of the rules' meaning: the same rules published again have the same."""
    text: str
    author: str
    reason: str
    published_at: datetime
    adopted_at: datetime | None = None
    """When it became the rules of everybody."""


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


@dataclass
class NoDesk(Failure):
    """Nothing has been seeded: there is nobody whom rules could name."""

    title = "No desk has been set up yet"

    @property
    def detail(self) -> str:
        return "No desk has been set up yet. Load one with `muster seed`, then come back."


@dataclass(frozen=True)
class _CompiledRules:
    directory: Directory
    """Without its people: a ruleset holds none, so it outlives whoever comes, moves or leaves."""
    rules: Ruleset


_compiled: dict[str, _CompiledRules] = {}
# The rules that stand and those being tried, compiled once a process: they change seldom and are needed for
# every opening.
_KEPT = 4


async def current_published(conn: AsyncConnection) -> PublishedRules | None:
    """The version that stands, or None before the first."""
    found = await _newest(conn)
    return None if found is None else _published(found)


async def current_ruleset(conn: AsyncConnection, directory: Directory) -> Ruleset | None:
    """The rules that stand, compiled against this directory. Raises ``RulesOutdated``."""
    found = await _newest(conn)
    return None if found is None else await compiled(found.text, directory)


async def compiled(text: str, directory: Directory) -> Ruleset:
    """A published text as a ruleset. Raises ``RulesOutdated`` where the directory has changed under it.

    Its proofs and expectations were judged when it was published, so only its names are looked up again; off the
    event loop, for a thousand rules take a while.
    """
    names = replace(directory, people=())
    known = _compiled.get(text)
    if known is None or known.directory != names:
        known = await asyncio.to_thread(_compile, text, directory, names)
    return known.rules


def _compile(text: str, directory: Directory, names: Directory) -> _CompiledRules:
    rules = draft_rules(text, directory)
    if rules is None:
        try:
            rules = compile_rules(text, directory)
        except RulesRefused as refused:
            raise RulesOutdated(next(m.text for m in refused.diagnostics if m.severity == "error")) from refused
    known = _CompiledRules(names, rules)
    _compiled.pop(text, None)
    _compiled[text] = known
    for old in list(_compiled)[:-_KEPT]:
        _compiled.pop(old, None)
    return known


async def published_versions(
    conn: AsyncConnection, *, before: int | None = None, limit: int = 50
) -> list[PublishedRules]:
    """Newest first; ``before`` is the number of the last one seen."""
    query = select(ruleset).order_by(ruleset.c.number.desc()).limit(limit)
    if before is not None:
        query = query.where(ruleset.c.number < before)
    return [_published(row) for row in await conn.execute(query)]


async def published_number(conn: AsyncConnection, number: int) -> PublishedRules | None:
    row = (await conn.execute(select(ruleset).where(ruleset.c.number == number))).one_or_none()
    return None if row is None else _published(row)


async def hold_rules(conn: AsyncConnection) -> int:
    """The desk's id. Nobody else changes rules, or names in the directory, until the transaction ends.

    Raises ``NoDesk``.
    """
    query = select(desk.c.id).order_by(desk.c.id).limit(1).with_for_update(key_share=True)
    held: int | None = (await conn.execute(query)).scalar_one_or_none()
    if held is None:
        raise NoDesk
    return held


async def publish(
    conn: AsyncConnection,
    text: str,
    author: str,
    reason: str,
    based_on: int | None,
    now: datetime,
    *,
    percent: int = EVERYBODY,
) -> PublishedRules:
    """Make this text the rules for so many percent of the customers, for escalations opened from now on.

    ``based_on`` is the number of the version that the author started from (None: there was none). The first
    version is always for everybody. Publishing what stands, or what is being tried, already changes nothing.
    Raises ``RulesRefused`` with its messages, ``RulesMoved`` and ``StageRuns``.
    """
    desk_id = await hold_rules(conn)
    standing = await current_published(conn)
    if standing is not None and standing.text == text:
        return standing
    if (running := await running_row(conn)) is not None:
        tried = await published_number(conn, running.candidate)
        if tried is not None and tried.text == text:
            return tried
        raise StageRuns(running.candidate, running.percent, running.began_by)
    if standing is not None and standing.number != based_on:
        raise RulesMoved(standing.number, standing.author)
    version = (await asyncio.to_thread(compile_rules, text, await read_directory(conn))).version
    if standing is None or percent >= EVERYBODY:
        published = await write_version(conn, desk_id, text, version, author, reason, now, adopted=True)
        said: dict[str, Any] = {}
    else:
        published = await write_version(conn, desk_id, text, version, author, reason, now, adopted=False)
        await begin_rollout(conn, desk_id, published.number, standing.number, percent, author, reason, now)
        said = {"for": share_words(percent)}
    said |= {"number": published.number, "version": version, "reason": reason}
    await write_audit(conn, author, "published rules", f"version {published.number}", now, said)
    return published


async def write_version(
    conn: AsyncConnection,
    desk_id: int,
    text: str,
    version: str,
    author: str,
    reason: str,
    now: datetime,
    *,
    adopted: bool,
) -> PublishedRules:
    """Add a version, under ``hold_rules``. Versions are never changed afterwards, but that one is adopted."""
    highest = (await conn.execute(select(func.max(ruleset.c.number)).where(ruleset.c.desk == desk_id))).scalar()
    row = {"desk": desk_id, "number": (highest or 0) + 1, "version": version, "text": text}
    row |= {"author": author, "reason": reason, "published_at": now, "adopted_at": now if adopted else None}
    written = (await conn.execute(ruleset.insert().values(row).returning(ruleset))).one()
    if adopted:
        await conn.execute(update(desk).where(desk.c.id == desk_id).values(ruleset=version))
    return _published(written)


async def adopt(conn: AsyncConnection, desk_id: int, number: int, now: datetime) -> None:
    """From now on this version stands for everybody."""
    mine = (ruleset.c.desk == desk_id) & (ruleset.c.number == number)
    adopted = update(ruleset).where(mine).values(adopted_at=now).returning(ruleset.c.version)
    version = (await conn.execute(adopted)).scalar_one()
    await conn.execute(update(desk).where(desk.c.id == desk_id).values(ruleset=version))


async def _newest(conn: AsyncConnection) -> Row[Any] | None:
    """Of those that everybody had: a later number never stood before an earlier one."""
    query = select(ruleset).where(ruleset.c.adopted_at.is_not(None)).order_by(ruleset.c.number.desc()).limit(1)
    return (await conn.execute(query)).one_or_none()


def _published(row: Row[Any]) -> PublishedRules:
    return PublishedRules(row.number, row.version, row.text, row.author, row.reason, row.published_at, row.adopted_at)
