"""Reading the past for a trial of the rules: only what decisions are made from, in portions."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.backtest.columns import HistoryReader, StoredPortion
from database.stores.backtest.fact_columns import Read
from database.stores.backtest.order import FirstPeople, first_asked
from database.stores.directory.schedules import read_schedules
from database.stores.directory.snapshots import read_snapshots
from database.stores.staff.shifts import DAYS_AHEAD
from database.tables.directory import person
from domain.backtest.backtest import Trying
from domain.backtest.history import RulesComparison
from domain.schedules.schedule import Schedule
from rules_dsl import Ruleset
from rules_dsl.directory import Directory, Facts

_TICKETS = text("SELECT id::text, ticket_id, subject, opened_at FROM escalation WHERE id = ANY(CAST(:ids AS uuid[]))")


@dataclass(frozen=True)
class PastTicket:
    """An escalation as an example."""

    id: str
    ticket: str
    subject: str
    opened_at: datetime


def facts_of(stored: str) -> Facts:
    """Facts as they were stored; they were checked at the opening."""
    facts = json.loads(stored)
    for name, value in facts.items():
        if type(value) is list:
            facts[name] = tuple(value)
    return facts  # type: ignore[no-any-return]  # an object of facts, by the table's own writers


async def read_tickets(conn: AsyncConnection, ids: Collection[str]) -> dict[str, PastTicket]:
    found = await conn.execute(_TICKETS, {"ids": list(ids)})
    return {row.id: PastTicket(row.id, row.ticket_id, row.subject, row.opened_at) for row in found}


@dataclass(frozen=True)
class BacktestResult:
    """A trial with what it takes to read it."""

    comparison: RulesComparison
    since: datetime
    until: datetime
    tickets: Mapping[str, PastTicket]
    """Of the examples."""
    asked: Mapping[str, FirstPeople]
    """Who would have been asked in the examples, by escalation; not all of them are worked out."""
    titles: Mapping[int, str]
    teams: Mapping[int, str]
    under_others: int
    """Opened under other rules than those that stand; both texts decide them anew."""
    unrecorded: int
    """Opened before directories were kept: tried with today's."""

    @property
    def weeks(self) -> float:
        """The weeks that have escalations in them: less than was asked for where the past begins later."""
        if self.comparison.first_opened is None:
            return 0.0
        return max(1.0, (self.until - max(self.since, self.comparison.first_opened)) / timedelta(weeks=1))


async def try_draft(
    conn: AsyncConnection, standing: Ruleset, draft: Ruleset, directory: Directory, weeks: int, now: datetime
) -> BacktestResult:
    """A draft on the escalations of so many weeks, beside the rules that stand. ``directory`` is today's."""
    since = now - timedelta(weeks=weeks)
    trying = Trying(standing, draft, await _recorded(conn, since, now))
    known = {"": directory}
    trying.know(known)
    reader = HistoryReader(sorted(trying.asked))
    unrecorded = under_others = 0
    deciding: asyncio.Future[None] | None = None
    async for portion in reader.portions(conn, since, now, standing.version):
        unrecorded += portion.unrecorded
        under_others += portion.under_others
        new = portion.hashes - known.keys()
        fresh = await read_snapshots(conn, new) if new else {}
        facts = await reader.facts(conn, portion, known | fresh)
        if deciding is not None:
            await deciding
        known |= fresh
        trying.know(fresh)
        deciding = asyncio.ensure_future(asyncio.to_thread(_decide, trying, reader, portion, facts))
    if deciding is not None:
        await deciding
    comparison = await asyncio.to_thread(trying.result)
    return BacktestResult(
        comparison,
        since,
        now,
        await read_tickets(conn, {example.entry.id for move in comparison.moves for example in move.examples}),
        await first_asked(conn, [example for move in comparison.moves for example in move.examples], known),
        {title.id: title.name for one in reversed(known.values()) for title in one.titles},
        {team.id: team.name for one in reversed(known.values()) for team in one.teams},
        under_others,
        unrecorded,
    )


async def _recorded(conn: AsyncConnection, since: datetime, now: datetime) -> dict[int, Schedule]:
    """Everybody's days, those who have left too, as far ahead as calls of the past may have been booked."""
    everybody = (await conn.execute(select(person.c.id))).scalars()
    return await read_schedules(conn, everybody, since.date(), (now + timedelta(days=DAYS_AHEAD)).date())


def _decide(
    trying: Trying, reader: HistoryReader, portion: StoredPortion, facts: Mapping[str, tuple[str, Read]]
) -> None:
    trying.add(reader.columns(portion, facts))
