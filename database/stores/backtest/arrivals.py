"""The current directory and rules, and past escalations as a simulation replays them."""

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
  (SELECT b.starts_at FROM booking b WHERE b.escalation = e.id ORDER BY b.id LIMIT 1) AS first_booked
FROM (SELECT * FROM escalation WHERE opened_at >= :since ORDER BY opened_at DESC, id DESC LIMIT :most) e
ORDER BY e.opened_at, e.id
""")
_COUNT = text("""
SELECT count(*) FROM escalation e WHERE e.opened_at >= :since
  AND (e.mode = 'now' OR EXISTS (SELECT FROM booking b WHERE b.escalation = e.id))
""")


@dataclass
class NothingPublished(Failure):
    """There are no rules to simulate."""

    title = "No rules are published yet"


@dataclass(frozen=True)
class PastDesk:
    directory: Directory
    ruleset: Ruleset
    facts: tuple[Facts, ...]
    """The facts of every past escalation that the current vocabulary can still read."""
    arrivals: tuple[Arrival, ...]
    """Escalations that led to a call now or to a booking; others are left out.

    If a call was booked repeatedly, the first booking counts.
    """


async def count_past(conn: AsyncConnection, since: datetime) -> int:
    """How many escalations opened at or after ``since`` led to a call."""
    number: int = (await conn.execute(_COUNT, {"since": since})).scalar_one()
    return number


async def read_past_desk(conn: AsyncConnection, since: datetime, most: int) -> PastDesk:
    """Today's directory and rules, and the latest escalations opened at or after ``since``, no more than ``most`` of
    them.

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
            own_facts = read_facts(row.facts, directory, stored=True)
        except FactRefused:
            continue
        facts.append(own_facts)
        if row.mode == "now" or row.first_booked is not None:
            wanted_at = None if row.mode == "now" else row.first_booked
            arrivals.append(Arrival(len(arrivals), row.opened_at, own_facts, wanted_at, 1.0, True))
    return PastDesk(directory, ruleset, tuple(facts), tuple(arrivals))
