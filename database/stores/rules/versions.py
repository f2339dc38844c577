"""Published rules: all versions with their authors and reasons, and which one is current.

A version is current for everybody from ``adopted_at`` until a later one is adopted. A candidate, or a version rolled
back before everybody had it, has no ``adopted_at`` (see ``database.stores.rules.rollouts``).
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
from database.stores.rules.tell_agents import tell_agents
from database.tables.account import ruleset
from database.tables.directory import desk
from domain.failure import Failure
from domain.rollout.steps import EVERYBODY, StageRuns, share_words
from rules_dsl import Ruleset, RulesRefused, compile_rules, draft_rules
from rules_dsl.directory import Directory


@dataclass(frozen=True)
class PublishedRules:
    number: int
    """Sequence number, starting at 1; publishing an earlier version again gives it a new number."""
    version: str
    """Hash of the rules' meaning; publishing the same rules again gives the same hash."""
    text: str
    author: str
    reason: str
    published_at: datetime
    adopted_at: datetime | None = None
    """When it became current for everybody."""


@dataclass
class RulesMoved(Failure):
    """Somebody else has published a version while this text was being edited."""

    number: int
    author: str

    title = "These rules have moved on"

    @property
    def detail(self) -> str:
        return (
            f"{self.author} published version {self.number} after you began. Your text is kept below: "
            "compare it with that version, then publish yours on top of it."
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
    """No organisation has been seeded, so there is nothing for rules to name."""

    title = "No organisation has been set up yet"

    @property
    def detail(self) -> str:
        return "No organisation has been set up yet. Load one with `muster seed`, then come back."


@dataclass(frozen=True)
class _CompiledRules:
    directory: Directory
    """Contains no people: rules never name any, so they stay valid when people join, move or leave."""
    rules: Ruleset


_compiled: dict[str, _CompiledRules] = {}
# A cache per process: the current rules and the candidate seldom change, and every opening needs them.
_CACHED_AT_MOST = 4


async def current_published(conn: AsyncConnection) -> PublishedRules | None:
    """The current version, or None before the first."""
    row = await _newest_adopted(conn)
    return None if row is None else _published(row)


async def current_ruleset(conn: AsyncConnection, directory: Directory) -> Ruleset | None:
    """The current rules, compiled against this directory. Raises ``RulesOutdated``."""
    row = await _newest_adopted(conn)
    return None if row is None else await compiled(row.text, directory)


async def compiled(text: str, directory: Directory) -> Ruleset:
    """Compile a published text, or take it from the cache. Raises ``RulesOutdated`` if it no longer fits the directory.

    Its proofs and expectations were checked when it was published, so only its names are resolved again. Runs off the
    event loop, because a thousand rules take a while.
    """
    names = replace(directory, people=())
    cached = _compiled.get(text)
    if cached is None or cached.directory != names:
        cached = await asyncio.to_thread(_compile, text, directory, names)
    return cached.rules


def _compile(text: str, directory: Directory, names: Directory) -> _CompiledRules:
    rules = draft_rules(text, directory)
    if rules is None:
        try:
            rules = compile_rules(text, directory)
        except RulesRefused as refused:
            raise RulesOutdated(next(m.text for m in refused.diagnostics if m.severity == "error")) from refused
    compiled_rules = _CompiledRules(names, rules)
    _compiled.pop(text, None)
    _compiled[text] = compiled_rules
    for old in list(_compiled)[:-_CACHED_AT_MOST]:
        _compiled.pop(old, None)
    return compiled_rules


async def published_versions(
    conn: AsyncConnection, *, before: int | None = None, limit: int = 50
) -> list[PublishedRules]:
    """One page of versions, newest first; ``before`` is the number of the previous page's last version."""
    query = select(ruleset).order_by(ruleset.c.number.desc()).limit(limit)
    if before is not None:
        query = query.where(ruleset.c.number < before)
    return [_published(row) for row in await conn.execute(query)]


async def published_number(conn: AsyncConnection, number: int) -> PublishedRules | None:
    row = (await conn.execute(select(ruleset).where(ruleset.c.number == number))).one_or_none()
    return None if row is None else _published(row)


async def lock_rules(conn: AsyncConnection) -> int:
    """Lock the rules and the directory's names against other changes until the transaction ends.

    Returns the organisation's id. Raises ``NoDesk``.
    """
    query = select(desk.c.id).order_by(desk.c.id).limit(1).with_for_update(key_share=True)
    desk_id: int | None = (await conn.execute(query)).scalar_one_or_none()
    if desk_id is None:
        raise NoDesk
    return desk_id


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
    """Publish a text for this percentage of the customers; it decides escalations opened from now on.

    ``based_on`` is the number of the version that the author started from, or None if there was none. The first version
    always applies to everybody. Publishing the current version or the running candidate again changes nothing. Raises
    ``RulesRefused`` with its diagnostics, ``RulesMoved`` and ``StageRuns``.
    """
    desk_id = await lock_rules(conn)
    current = await current_published(conn)
    if current is not None and current.text == text:
        return current
    if (running := await running_row(conn)) is not None:
        candidate = await published_number(conn, running.candidate)
        if candidate is not None and candidate.text == text:
            return candidate
        raise StageRuns(running.candidate, running.percent, running.began_by)
    if current is not None and current.number != based_on:
        raise RulesMoved(current.number, current.author)
    version = (await asyncio.to_thread(compile_rules, text, await read_directory(conn))).version
    if current is None or percent >= EVERYBODY:
        published = await write_version(conn, desk_id, text, version, author, reason, now, adopted=True)
        body: dict[str, Any] = {}
    else:
        published = await write_version(conn, desk_id, text, version, author, reason, now, adopted=False)
        await begin_rollout(conn, desk_id, published.number, current.number, percent, author, reason, now)
        body = {"for": share_words(percent)}
    if current is not None:
        await tell_agents(conn, current.text, text, published.number, percent, reason, now)
    body |= {"number": published.number, "version": version, "reason": reason}
    await write_audit(conn, author, "published rules", f"version {published.number}", now, body)
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
    """Add a version, after ``lock_rules``. Versions never change once written, except for ``adopted_at``."""
    highest = (await conn.execute(select(func.max(ruleset.c.number)).where(ruleset.c.desk == desk_id))).scalar()
    row = {"desk": desk_id, "number": (highest or 0) + 1, "version": version, "text": text}
    row |= {"author": author, "reason": reason, "published_at": now, "adopted_at": now if adopted else None}
    written = (await conn.execute(ruleset.insert().values(row).returning(ruleset))).one()
    if adopted:
        await conn.execute(update(desk).where(desk.c.id == desk_id).values(ruleset=version))
    return _published(written)


async def adopt(conn: AsyncConnection, desk_id: int, number: int, now: datetime) -> None:
    """Make this version current for everybody from now on."""
    this_version = (ruleset.c.desk == desk_id) & (ruleset.c.number == number)
    adopted = update(ruleset).where(this_version).values(adopted_at=now).returning(ruleset.c.version)
    version = (await conn.execute(adopted)).scalar_one()
    await conn.execute(update(desk).where(desk.c.id == desk_id).values(ruleset=version))


async def _newest_adopted(conn: AsyncConnection) -> Row[Any] | None:
    """The version adopted last. It has the highest number, because versions are adopted in numerical order."""
    query = select(ruleset).where(ruleset.c.adopted_at.is_not(None)).order_by(ruleset.c.number.desc()).limit(1)
    return (await conn.execute(query)).one_or_none()


def _published(row: Row[Any]) -> PublishedRules:
    return PublishedRules(row.number, row.version, row.text, row.author, row.reason, row.published_at, row.adopted_at)
