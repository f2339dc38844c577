"""A desk as it stands, and its past escalations as a simulation replays them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.directory.read import read_directory
from database.stores.rules.versions import current_ruleset
from domain.failure import Failure
from domain.simulation.scenario import Arrival
from rules_dsl import FactRefused, Facts, Ruleset, read_facts
from rules_dsl.directory import Directory

_PAST = text("""
SELECT e.facts, e.opened_at, e.mode,
  (SELECT b.starts_at FROM booking b WHERE b.escalation = e.id ORDER BY b.id LIMIT 1) AS wanted_at
FROM (SELECT * FROM escalation WHERE opened_at >= :since ORDER BY opened_at DESC, id DESC LIMIT :most) e
ORDER BY e.opened_at, e.id
""")
_COUNT = text("""
SELECT count(*) FROM escalation e WHERE e.opened_at >= :since
  AND (e.mode = 'now' OR EXISTS (SELECT FROM booking b WHERE b.escalation = e.id))
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
    """Those that led to a call: what was booked first, or a call now; escalations without either are left out."""


async def count_past(conn: AsyncConnection, since: datetime) -> int:
    """How many calls were asked for since then."""
    found: int = (await conn.execute(_COUNT, {"since": since})).scalar_one()
    return found


async def read_past_desk(conn: AsyncConnection, since: datetime, most: int) -> PastDesk:
    """The directory and rules of today with up to ``most`` of the escalations opened since then, the latest.

    Raises ``NothingPublished``.
    """
    directory = await read_directory(conn)
    ruleset = await current_ruleset(conn, directory)
    if ruleset is None:
        raise NothingPublished
    facts: list[Facts] = []
    arrivals: list[Arrival] = []
    for row in await conn.execute(_PAST, {"since": since, "most": most}):
        try:
            known = read_facts(row.facts, directory)
        except FactRefused:
            continue
        facts.append(known)
        if row.mode == "now" or row.wanted_at is not None:
            wanted_at = None if row.mode == "now" else row.wanted_at
            arrivals.append(Arrival(len(arrivals), row.opened_at, known, wanted_at, 1.0, True))
    return PastDesk(directory, ruleset, tuple(facts), tuple(arrivals))
