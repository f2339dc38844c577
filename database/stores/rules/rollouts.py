"""Rollouts: choose the rules for an opening, advance a candidate, roll it back, restore an earlier version."""

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
from database.stores.rules.tell_agents import tell_agents
from database.stores.rules.versions import (
    PublishedRules,
    RulesOutdated,
    adopt,
    compiled,
    current_published,
    lock_rules,
    published_number,
    write_version,
)
from database.tables.rollout import rollout, rollout_stage, staged_escalation
from domain.rollout.steps import EVERYBODY, StageMoved, StageUnfit, has_candidate, share_words
from rules_dsl import Ruleset, compile_rules
from rules_dsl.directory import Directory

_ATTEMPTS = 3


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
    current: PublishedRules
    """The version for customers outside the candidate's share."""
    percent: int
    steps: tuple[RolloutStep, ...]
    outcome: str | None
    """``adopted``, ``rolled_back``, or None while it runs."""
    ended_at: datetime | None
    ended_by: str | None


@dataclass(frozen=True)
class RulesForOpening:
    """The rules that decide an opening, with the directory they were compiled against."""

    desk: Row[Any] | None
    directory: Directory
    ruleset: Ruleset | None
    rollout: int | None = None
    """The running rollout that this opening counts towards."""
    percent: int = EVERYBODY
    candidate: bool = False
    """Whether these are the candidate's rules."""


async def rules_for_opening(conn: AsyncConnection, customer: str) -> RulesForOpening:
    """The candidate's rules if a rollout is running and the customer is in its share; otherwise the current rules.

    A candidate that no longer fits the directory decides nothing: its customers get the current rules instead. Raises
    ``RulesOutdated`` if those don't fit either.
    """
    for attempt in range(_ATTEMPTS):
        desk = await read_desk(conn)
        try:
            rules = await _rules_for_opening(conn, desk, customer)
        except RulesOutdated:
            if attempt == _ATTEMPTS - 1 or await _is_unchanged(conn, desk):
                raise
            continue
        # If a name changed between two of these statements, the directory and the rules would not match.
        if await _is_unchanged(conn, desk):
            return rules
    return rules


async def _is_unchanged(conn: AsyncConnection, desk: Row[Any] | None) -> bool:
    latest = await read_desk(conn)
    return desk is None or latest is None or latest.directory_version == desk.directory_version


async def _rules_for_opening(conn: AsyncConnection, desk: Row[Any] | None, customer: str) -> RulesForOpening:
    directory = await read_directory(conn)
    current, running = await current_published(conn), await running_row(conn)
    if current is None:
        return RulesForOpening(desk, directory, None)
    if running is not None:
        candidate = await published_number(conn, running.candidate)
        try:
            candidate_rules = None if candidate is None else await compiled(candidate.text, directory)
        except RulesOutdated:
            candidate_rules = None
        if candidate_rules is not None:
            in_share = has_candidate(customer, running.id, running.percent)
            rules = candidate_rules if in_share else await compiled(current.text, directory)
            return RulesForOpening(desk, directory, rules, running.id, running.percent, in_share)
    return RulesForOpening(desk, directory, await compiled(current.text, directory))


async def note_case(conn: AsyncConnection, escalation_id: str, rules: RulesForOpening) -> None:
    """During a rollout, record which rules decided this escalation."""
    if rules.rollout is not None:
        row = {"escalation": escalation_id, "rollout": rules.rollout}
        row |= {"percent": rules.percent, "candidate": rules.candidate}
        await conn.execute(staged_escalation.insert().values(row))


async def running_rollout(conn: AsyncConnection) -> Rollout | None:
    row = await running_row(conn)
    return None if row is None else await _rollout(conn, row)


async def find_rollout(conn: AsyncConnection, rollout_id: int) -> Rollout | None:
    row = (await conn.execute(select(rollout).where(rollout.c.id == rollout_id))).one_or_none()
    return None if row is None else await _rollout(conn, row)


async def all_rollouts(conn: AsyncConnection, *, limit: int = 20) -> list[Rollout]:
    """The latest rollouts, newest first."""
    rows = (await conn.execute(select(rollout).order_by(rollout.c.id.desc()).limit(limit))).all()
    return [await _rollout(conn, row) for row in rows]


async def advance(
    conn: AsyncConnection, rollout_id: int, seen: int, percent: int, author: str, reason: str, now: datetime
) -> None:
    """Give the candidate to a larger share of the customers. At 100 percent, it is adopted and its rollout ends.

    ``seen`` is the share that the page showed. Raises ``StageMoved``, and ``StageUnfit`` if the candidate
    doesn't fit the directory.
    """
    desk_id, row = await _lock_running(conn, rollout_id, seen)
    candidate = await published_number(conn, row.candidate)
    if candidate is None or not row.percent < percent <= EVERYBODY:
        raise StageMoved(await _status(conn))
    try:
        await compiled(candidate.text, await read_directory(conn))
    except RulesOutdated as outdated:
        raise StageUnfit(candidate.number, outdated.problem) from outdated
    await move_rollout(conn, row.id, percent, author, reason, now)
    if percent == EVERYBODY:
        if (current := await current_published(conn)) is not None:
            await tell_agents(conn, current.text, candidate.text, candidate.number, percent, reason, now)
        await adopt(conn, desk_id, row.candidate, now)
        await end_rollout(conn, row.id, "adopted", author, now)
    body = {"for": share_words(percent), "before": share_words(row.percent), "reason": reason}
    await write_audit(conn, author, "moved rules to the next stage", f"version {row.candidate}", now, body)


async def roll_back(conn: AsyncConnection, rollout_id: int, author: str, reason: str, now: datetime) -> None:
    """End a rollout, whatever its share: the current rules apply to everybody again.

    Raises ``StageMoved`` if the rollout has ended.
    """
    _, row = await _lock_running(conn, rollout_id, None)
    candidate, current = await published_number(conn, row.candidate), await current_published(conn)
    if candidate is not None and current is not None:
        await tell_agents(conn, candidate.text, current.text, current.number, EVERYBODY, reason, now)
    await _end_running(conn, row, author, reason, now)


async def restore_version(
    conn: AsyncConnection, number: int, seen: int | None, author: str, now: datetime
) -> PublishedRules:
    """Publish an earlier version again for everybody, with today's names; ends any running rollout.

    ``seen`` is the number of the current version on the page. Raises ``StageMoved``, and ``RulesRefused`` if the
    version names something that the directory no longer has.
    """
    desk_id = await lock_rules(conn)
    current, earlier = await current_published(conn), await published_number(conn, number)
    if earlier is None or current is None or current.number != seen:
        raise StageMoved(await _status(conn))
    reason = f"Back to version {number}"
    text = await text_today(conn, earlier.text, number)
    version = None if text == current.text else await _version_of(conn, text)
    if (running := await running_row(conn)) is not None:
        await _end_running(conn, running, author, reason, now)
    if version is None:
        return current
    published = await write_version(conn, desk_id, text, version, author, reason, now, adopted=True)
    await tell_agents(conn, current.text, text, published.number, EVERYBODY, reason, now)
    body = {"number": published.number, "version": version, "reason": reason}
    await write_audit(conn, author, "published rules", f"version {published.number}", now, body)
    return published


async def _version_of(conn: AsyncConnection, text: str) -> str:
    """The version hash of a text. Raises ``RulesRefused``."""
    return (await asyncio.to_thread(compile_rules, text, await read_directory(conn))).version


async def _status(conn: AsyncConnection) -> str:
    """The status, such as ``version 3 is current, and version 4 is live for 30 % of the customers``."""
    current, running = await current_published(conn), await running_row(conn)
    status = f"version {current.number} is current" if current else "no version is current"
    if running is None:
        return f"{status} for everybody"
    return f"{status}, and version {running.candidate} is live for {share_words(running.percent)}"


async def _end_running(conn: AsyncConnection, row: Row[Any], author: str, reason: str, now: datetime) -> None:
    await end_rollout(conn, row.id, "rolled_back", author, now)
    body = {"had": share_words(row.percent), "reason": reason}
    await write_audit(conn, author, "rolled back rules", f"version {row.candidate}", now, body)


async def _lock_running(conn: AsyncConnection, rollout_id: int, seen: int | None) -> tuple[int, Row[Any]]:
    """Lock the rules and return the running rollout's row. Raises ``StageMoved`` if it or its share has changed."""
    desk_id = await lock_rules(conn)
    row = await running_row(conn)
    if row is None or row.id != rollout_id or seen not in (None, row.percent):
        raise StageMoved(await _status(conn))
    return desk_id, row


async def _rollout(conn: AsyncConnection, row: Row[Any]) -> Rollout:
    query = select(rollout_stage).where(rollout_stage.c.rollout == row.id).order_by(rollout_stage.c.nth)
    steps = [
        RolloutStep(one.nth, one.percent, one.began_at, one.author, one.reason) for one in await conn.execute(query)
    ]
    candidate = await published_number(conn, row.candidate)
    current = await published_number(conn, row.standing)
    assert candidate is not None  # guaranteed by a foreign key
    assert current is not None
    return Rollout(row.id, candidate, current, row.percent, tuple(steps), row.outcome, row.ended_at, row.ended_by)
