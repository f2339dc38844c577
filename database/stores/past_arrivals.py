"""A desk as it stands, and its past escalations as a simulation replays them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.directory import read_directory
from database.stores.rulesets import current_ruleset
from domain.failure import Failure
from domain.simulation.scenario import Arrival
from rules_dsl import FactRefused, Facts, Ruleset, read_facts
from rules_dsl.directory import Directory

_PAST = text("""
SELECT e.facts, e.opened_at, e.mode,
  (SELECT b.starts_at FROM booking b WHERE b.escalation = e.id ORDER BY b.id LIMIT 1) AS wished
FROM escalation e WHERE e.opened_at >= :since ORDER BY e.opened_at, e.id
""")


@dataclass
class NothingPublished(Failure):
    """There are no rules to play by."""

    title = "No rules are published yet"


@dataclass(frozen=True)
class PastDesk:
    directory: Directory
    ruleset: Ruleset
    facts: tuple[Facts, ...]
    """Of every past escalation that the present vocabulary can still read."""
    arrivals: tuple[Arrival, ...]
    """Those that led to a call: what was booked first, or a call now. Who never booked wished for nothing."""


async def read_past_desk(conn: AsyncConnection, since: datetime) -> PastDesk:
    """The directory and rules of today with the escalations opened since then. Raises ``NothingPublished``."""
    directory = await read_directory(conn)
    ruleset = await current_ruleset(conn, directory)
    if ruleset is None:
        raise NothingPublished
    facts: list[Facts] = []
    arrivals: list[Arrival] = []
    for row in await conn.execute(_PAST, {"since": since}):
        try:
            known = read_facts(row.facts, directory)
        except FactRefused:
            continue
        facts.append(known)
        if row.mode == "now" or row.wished is not None:
            wished = None if row.mode == "now" else row.wished
            arrivals.append(Arrival(len(arrivals), row.opened_at, known, wished, 1.0, True))
    return PastDesk(directory, ruleset, tuple(facts), tuple(arrivals))
