"""Reading the past for a trial of the rules: only what decisions are made from, in portions."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.directory_snapshots import read_snapshots
from database.stores.past_order import FirstAsked, first_asked
from domain.escalation import Mode
from domain.past import Past, Trial
from domain.trial import Trying
from rules_dsl import Ruleset
from rules_dsl.directory import Directory, Facts

PORTION = 5000

_PAST = text("""
SELECT e.id::text, e.opened_at, e.facts::text, e.directory, e.mode = :now_mode, b.starts_at
FROM escalation e
LEFT JOIN LATERAL (
  SELECT b.starts_at FROM booking b WHERE b.escalation = e.id ORDER BY b.id DESC LIMIT 1
) b ON e.mode <> :now_mode
WHERE e.opened_at >= :since AND e.opened_at < :until
ORDER BY e.opened_at DESC, e.id DESC
""")
_TICKETS = text("SELECT id::text, ticket_id, subject, opened_at FROM escalation WHERE id = ANY(CAST(:ids AS uuid[]))")
_OTHERWISE_DECIDED = text("""
SELECT count(*) FROM escalation WHERE opened_at >= :since AND opened_at < :until AND ruleset <> :version
""")


@dataclass(frozen=True)
class PastTicket:
    """An escalation as an example."""

    id: str
    ticket: str
    subject: str
    opened_at: datetime


async def read_past(conn: AsyncConnection, since: datetime, until: datetime) -> AsyncIterator[list[Past]]:
    """Escalations opened in the half-open span, the newest first. Those from before snapshots name none: ``""``."""
    said = {"since": since, "until": until, "now_mode": Mode.NOW.value}
    async with conn.stream(_PAST, said, execution_options={"yield_per": PORTION}) as rows:
        async for portion in rows.partitions(PORTION):
            yield [
                Past(id_, opened_at, facts_of(facts), directory or "", opened_at if now else starts_at, now)
                for id_, opened_at, facts, directory, now, starts_at in portion
            ]


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


async def opened_under_others(conn: AsyncConnection, since: datetime, until: datetime, version: str) -> int:
    """How many were opened under other rules than this version."""
    said = {"since": since, "until": until, "version": version}
    return int((await conn.execute(_OTHERWISE_DECIDED, said)).scalar_one())


@dataclass(frozen=True)
class Tried:
    """A trial with what it takes to read it."""

    trial: Trial
    since: datetime
    until: datetime
    tickets: Mapping[str, PastTicket]
    """Of the examples."""
    asked: Mapping[str, FirstAsked]
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
        if self.trial.first_opened is None:
            return 0.0
        return max(1.0, (self.until - max(self.since, self.trial.first_opened)) / timedelta(weeks=1))


async def try_draft(
    conn: AsyncConnection, standing: Ruleset, draft: Ruleset, directory: Directory, weeks: int, now: datetime
) -> Tried:
    """A draft on the escalations of so many weeks, beside the rules that stand. ``directory`` is today's."""
    since = now - timedelta(weeks=weeks)
    trying = Trying(standing, draft, since, now)
    known = {"": directory}
    trying.know(known)
    unrecorded = 0
    async for portion in read_past(conn, since, now):
        unrecorded += sum(not one.directory for one in portion)
        if fresh := {one.directory for one in portion} - known.keys():
            snapshots = await read_snapshots(conn, fresh)
            trying.know(snapshots)
            known |= snapshots
        await asyncio.to_thread(trying.add, portion)
    trial = await asyncio.to_thread(trying.trial)
    return Tried(
        trial,
        since,
        now,
        await read_tickets(conn, {example.past.id for move in trial.moves for example in move.examples}),
        await first_asked(conn, [example for move in trial.moves for example in move.examples], known),
        {title.id: title.name for one in reversed(known.values()) for title in one.titles},
        {team.id: team.name for one in reversed(known.values()) for team in one.teams},
        await opened_under_others(conn, since, now, standing.version),
        unrecorded,
    )
