"""Running a backtest. Only the data that decisions are made from is read, in portions."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from database.bounded_threads import RULES_TEXTS
from database.stores.backtest.columns import HistoryReader, StoredPortion
from database.stores.backtest.fact_columns import Read
from database.stores.backtest.order import FirstPeople, first_asked
from database.stores.directory.schedules import read_schedules
from database.stores.directory.snapshots import read_snapshots
from database.stores.staff.shifts import DAYS_AHEAD
from database.tables.directory import person
from domain.backtest.backtest import Backtest
from domain.backtest.history import RulesComparison
from domain.schedules.schedule import Schedule
from rules_dsl import Ruleset
from rules_dsl.directory import Directory, Facts

_TICKETS = text("SELECT id::text, ticket_id, subject, opened_at FROM escalation WHERE id = ANY(CAST(:ids AS uuid[]))")


@dataclass(frozen=True)
class PastTicket:
    """The ticket of an escalation that is shown as an example."""

    id: str
    ticket: str
    subject: str
    opened_at: datetime


def facts_of(stored: str) -> Facts:
    """Facts from their stored JSON, which was checked when the escalation was opened."""
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
    """The result of a backtest, with the names needed to show it."""

    comparison: RulesComparison
    since: datetime
    until: datetime
    tickets: Mapping[str, PastTicket]
    """The tickets of the examples, keyed by escalation."""
    asked: Mapping[str, FirstPeople]
    """Who would have been asked first, keyed by escalation; only for some of the examples."""
    titles: Mapping[int, str]
    teams: Mapping[int, str]
    under_others: int
    """Escalations opened under rules other than the published ones; they are decided again under both texts."""
    unrecorded: int
    """Escalations opened before directories were stored; today's directory is used for them."""

    @property
    def weeks(self) -> float:
        """The length of the history in weeks: less than requested if the first escalation is more recent."""
        if self.comparison.first_opened is None:
            return 0.0
        return max(1.0, (self.until - max(self.since, self.comparison.first_opened)) / timedelta(weeks=1))


async def run_backtest(
    conn: AsyncConnection, published: Ruleset, draft: Ruleset, directory: Directory, weeks: int, now: datetime
) -> BacktestResult:
    """Compare a draft with the published rules on the escalations of recent weeks. ``directory`` is today's."""
    since = now - timedelta(weeks=weeks)
    backtest = Backtest(published, draft, await _read_all_schedules(conn, since, now))
    directories = {"": directory}
    backtest.add_directories(directories)
    reader = HistoryReader(sorted(backtest.facts))
    unrecorded = under_others = 0
    # One portion is decided in a thread while the next one is being read.
    deciding: asyncio.Future[None] | None = None
    async for portion in reader.portions(conn, since, now, published.version):
        unrecorded += portion.unrecorded
        under_others += portion.under_others
        new_hashes = portion.hashes - directories.keys()
        new = await read_snapshots(conn, new_hashes) if new_hashes else {}
        facts = await reader.facts(conn, portion, directories | new)
        if deciding is not None:
            await deciding
        directories |= new
        backtest.add_directories(new)
        deciding = asyncio.ensure_future(RULES_TEXTS.run(_decide, backtest, reader, portion, facts))
    if deciding is not None:
        await deciding
    comparison = await RULES_TEXTS.run(backtest.result)
    return BacktestResult(
        comparison,
        since,
        now,
        await read_tickets(conn, {example.entry.id for move in comparison.moves for example in move.examples}),
        await first_asked(conn, [example for move in comparison.moves for example in move.examples], directories),
        {title.id: title.name for one in reversed(directories.values()) for title in one.titles},
        {team.id: team.name for one in reversed(directories.values()) for team in one.teams},
        under_others,
        unrecorded,
    )


async def _read_all_schedules(conn: AsyncConnection, since: datetime, now: datetime) -> dict[int, Schedule]:
    """The schedules of everybody, even those who have left, as far ahead as past calls may have been booked."""
    everybody = (await conn.execute(select(person.c.id))).scalars()
    return await read_schedules(conn, everybody, since.date(), (now + timedelta(days=DAYS_AHEAD)).date())


def _decide(
    backtest: Backtest, reader: HistoryReader, portion: StoredPortion, facts: Mapping[str, tuple[str, Read]]
) -> None:
    backtest.add(reader.columns(portion, facts))
