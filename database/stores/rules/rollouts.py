"""A candidate on some of the customers: by whose rules an opening is decided, the next stage, and going back."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.directory.read import read_desk, read_directory
from database.stores.directory.renamings import text_today
from database.stores.journal.audit_log import write_audit
from database.stores.rules.rollout_rows import end_rollout, move_rollout, running_row
from database.stores.rules.versions import (
    PublishedRules,
    RulesOutdated,
    adopt,
    compiled,
    current_published,
    hold_rules,
    published_number,
    write_version,
)
from database.tables.rollout import rollout, rollout_stage, staged_escalation
from domain.rollout.steps import EVERYBODY, StageMoved, StageUnfit, has_candidate, share_words
from rules_dsl import Ruleset, compile_rules
from rules_dsl.directory import Directory

_LOOKS = 3


@dataclass(frozen=True)
class RolloutStep:
    nth: int
    percent: int
    began_at: datetime
    author: str
    reason: str


@dataclass(frozen=True)
class Rollout:
    id: int
    candidate: PublishedRules
    standing: PublishedRules
    percent: int
    steps: tuple[RolloutStep, ...]
    outcome: str | None
    """``adopted``, ``rolled_back``, or None while it runs."""
    ended_at: datetime | None
    ended_by: str | None


@dataclass(frozen=True)
class Deciding:
    """What an opening is decided by: rules and directory that belong together."""

    desk: Row[Any] | None
    directory: Directory
    ruleset: Ruleset | None
    rollout: int | None = None
    """The rollout that this opening is a case of."""
    percent: int = EVERYBODY
    candidate: bool = False


async def deciding(conn: AsyncConnection, customer: str) -> Deciding:
    """The candidate for its share of the customers while a stage runs, else the rules that stand.

    A candidate that no longer fits the directory decides nothing: its customers have the standing rules, too.
    Raises ``RulesOutdated`` where those don't fit.
    """
    for look in range(_LOOKS):
        desk = await read_desk(conn)
        try:
            found = await _deciding(conn, desk, customer)
        except RulesOutdated:
            if look == _LOOKS - 1 or await _unchanged(conn, desk):
                raise
            continue
        # A name that changed between two of these statements would meet rules that say it otherwise.
        if await _unchanged(conn, desk):
            return found
    return found


async def _unchanged(conn: AsyncConnection, desk: Row[Any] | None) -> bool:
    again = await read_desk(conn)
    return desk is None or again is None or again.directory_version == desk.directory_version


async def _deciding(conn: AsyncConnection, desk: Row[Any] | None, customer: str) -> Deciding:
    directory = await read_directory(conn)
    standing, running = await current_published(conn), await running_row(conn)
    if standing is None:
        return Deciding(desk, directory, None)
    if running is not None:
        candidate = await published_number(conn, running.candidate)
        try:
            tried = None if candidate is None else await compiled(candidate.text, directory)
        except RulesOutdated:
            tried = None
        if tried is not None:
            theirs = has_candidate(customer, running.id, running.percent)
            rules = tried if theirs else await compiled(standing.text, directory)
            return Deciding(desk, directory, rules, running.id, running.percent, theirs)
    return Deciding(desk, directory, await compiled(standing.text, directory))


async def note_case(conn: AsyncConnection, escalation_id: str, by: Deciding) -> None:
    """Remember by whose rules this escalation was decided, where a stage runs."""
    if by.rollout is not None:
        row = {"escalation": escalation_id, "rollout": by.rollout}
        row |= {"percent": by.percent, "candidate": by.candidate}
        await conn.execute(staged_escalation.insert().values(row))


async def running_rollout(conn: AsyncConnection) -> Rollout | None:
    row = await running_row(conn)
    return None if row is None else await _rollout(conn, row)


async def find_rollout(conn: AsyncConnection, rollout_id: int) -> Rollout | None:
    row = (await conn.execute(select(rollout).where(rollout.c.id == rollout_id))).one_or_none()
    return None if row is None else await _rollout(conn, row)


async def all_rollouts(conn: AsyncConnection, *, limit: int = 20) -> list[Rollout]:
    """Newest first."""
    rows = (await conn.execute(select(rollout).order_by(rollout.c.id.desc()).limit(limit))).all()
    return [await _rollout(conn, row) for row in rows]


async def go_on(
    conn: AsyncConnection, rollout_id: int, seen: int, percent: int, author: str, reason: str, now: datetime
) -> None:
    """The candidate for a larger share; for everybody, it is adopted and its rollout ends.

    ``seen`` is the share that the page showed. Raises ``StageMoved``, and ``StageUnfit`` where the candidate
    does not fit the directory.
    """
    desk_id, row = await _held(conn, rollout_id, seen)
    candidate = await published_number(conn, row.candidate)
    if candidate is None or not row.percent < percent <= EVERYBODY:
        raise StageMoved(await where_it_stands(conn))
    try:
        await compiled(candidate.text, await read_directory(conn))
    except RulesOutdated as outdated:
        raise StageUnfit(candidate.number, outdated.problem) from outdated
    await move_rollout(conn, row.id, percent, author, reason, now)
    if percent == EVERYBODY:
        await adopt(conn, desk_id, row.candidate, now)
        await end_rollout(conn, row.id, "adopted", author, now)
    body = {"for": share_words(percent), "before": share_words(row.percent), "reason": reason}
    await write_audit(conn, author, "moved rules to the next stage", f"version {row.candidate}", now, body)


async def roll_back(conn: AsyncConnection, rollout_id: int, author: str, reason: str, now: datetime) -> None:
    """The rules that stand decide for everybody again. Whatever the share: going back is never refused for that.

    Raises ``StageMoved`` where the rollout has ended.
    """
    _, row = await _held(conn, rollout_id, None)
    await _end_running(conn, row, author, reason, now)


async def go_back(conn: AsyncConnection, number: int, seen: int | None, author: str, now: datetime) -> PublishedRules:
    """An earlier version for everybody, published anew with the names of today; a running stage ends.

    ``seen`` is the number of the version that stood on the page. Raises ``StageMoved``, and ``RulesRefused``
    where the directory no longer has what it names.
    """
    desk_id = await hold_rules(conn)
    standing, version = await current_published(conn), await published_number(conn, number)
    if version is None or standing is None or standing.number != seen:
        raise StageMoved(await where_it_stands(conn))
    reason = f"Back to version {number}"
    text = await text_today(conn, version.text, number)
    fit = None if text == standing.text else await _version_of(conn, text)
    if (running := await running_row(conn)) is not None:
        await _end_running(conn, running, author, reason, now)
    if fit is None:
        return standing
    published = await write_version(conn, desk_id, text, fit, author, reason, now, adopted=True)
    said = {"number": published.number, "version": fit, "reason": reason}
    await write_audit(conn, author, "published rules", f"version {published.number}", now, said)
    return published


async def _version_of(conn: AsyncConnection, text: str) -> str:
    """Raises ``RulesRefused``."""
    return (await asyncio.to_thread(compile_rules, text, await read_directory(conn))).version


async def where_it_stands(conn: AsyncConnection) -> str:
    """``version 3 stands, and version 4 is being tried on 30 % of the customers``."""
    standing, running = await current_published(conn), await running_row(conn)
    said = f"version {standing.number} stands" if standing else "no version stands"
    if running is None:
        return f"{said} for everybody"
    return f"{said}, and version {running.candidate} is being tried on {share_words(running.percent)}"


async def _end_running(conn: AsyncConnection, row: Row[Any], author: str, reason: str, now: datetime) -> None:
    await end_rollout(conn, row.id, "rolled_back", author, now)
    body = {"had": share_words(row.percent), "reason": reason}
    await write_audit(conn, author, "rolled back rules", f"version {row.candidate}", now, body)


async def _held(conn: AsyncConnection, rollout_id: int, seen: int | None) -> tuple[int, Row[Any]]:
    """The running rollout, held. Raises ``StageMoved`` where it is another, or at another share than was seen."""
    desk_id = await hold_rules(conn)
    row = await running_row(conn)
    if row is None or row.id != rollout_id or seen not in (None, row.percent):
        raise StageMoved(await where_it_stands(conn))
    return desk_id, row


async def _rollout(conn: AsyncConnection, row: Row[Any]) -> Rollout:
    query = select(rollout_stage).where(rollout_stage.c.rollout == row.id).order_by(rollout_stage.c.nth)
    steps = [
        RolloutStep(one.nth, one.percent, one.began_at, one.author, one.reason) for one in await conn.execute(query)
    ]
    candidate = await published_number(conn, row.candidate)
    standing = await published_number(conn, row.standing)
    assert candidate is not None  # a foreign key
    assert standing is not None
    return Rollout(row.id, candidate, standing, row.percent, tuple(steps), row.outcome, row.ended_at, row.ended_by)
