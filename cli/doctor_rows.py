"""What the rows say about an installation: whether rounds and audits run, what waits, whose clock is wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

from cli.findings import Finding
from database.clock import LIMIT, PROCESS_CLOCK
from database.engine import open_engine
from database.limits import WATCHING
from database.stores.escalations.ticket_accounts import open_tickets
from database.stores.queries.vital_signs import read_vital_signs
from domain.tickets.account import OpenTicket, indistinct
from domain.vital_signs import VitalSigns, concerns

LISTED = 20
"""Maximum tickets listed that can't be told apart."""


def examine_rows(database_url: str) -> Iterator[Finding]:
    """Findings about the rows and about this machine's clock. Raises the database's errors."""
    signs, tickets = asyncio.run(_read(database_url))
    yield _clock()
    yield tickets_told_apart(tickets)
    worries = {concern.part: str(concern) for concern in concerns(signs)}
    for part, state in _states(signs).items():
        yield Finding(part, part not in worries, worries.get(part, state))


def tickets_told_apart(tickets: Sequence[OpenTicket]) -> Finding:
    """Lists open escalations that may be for one ticket, because the account of one of them isn't known."""
    groups = indistinct(tickets)
    if not groups:
        return Finding("tickets", True, f"{len(tickets)} open, no two of which may be for the same ticket")
    listed = "; ".join(
        f"{group[0].system} {group[0].number}: " + ", ".join(ticket.escalation_id for ticket in group)
        for group in groups[:LISTED]
    )
    more = f"; and {len(groups) - LISTED} more" if len(groups) > LISTED else ""
    detail = f"open escalations that may be for the same ticket: {listed}{more}: withdraw the duplicate"
    return Finding("tickets", False, detail)


async def _read(database_url: str) -> tuple[VitalSigns, list[OpenTicket]]:
    engine = open_engine(database_url, WATCHING, connections=1)
    try:
        async with engine.connect() as conn:
            return await read_vital_signs(conn), await open_tickets(conn)
    finally:
        await engine.dispose()


def _clock() -> Finding:
    offset = PROCESS_CLOCK.offset
    if offset is None or abs(offset) <= LIMIT:
        return Finding("clock", True, "this machine's agrees with the database's")
    ahead = "behind" if offset.total_seconds() > 0 else "ahead of"
    detail = (
        f"this machine's is {abs(offset.total_seconds()):.0f} s {ahead} the database's, which Muster uses: "
        "fix the time synchronization of whichever is wrong"
    )
    return Finding("clock", False, detail)


def _states(signs: VitalSigns) -> dict[str, str]:
    """What each part does while nothing is wrong with it."""
    latest_round = "none yet" if signs.since_round is None else f"the latest {signs.since_round:.0f} s ago"
    audit = "no complete audit yet"
    if signs.since_audit is not None:
        audit = f"the latest complete audit {signs.since_audit:.0f} s ago"
    waiting = f", {signs.unserved} calls due, the oldest for {signs.oldest_unserved:.0f} s" if signs.unserved else ""
    failed = f", {signs.failed_messages} given up: see Escalations" if signs.failed_messages else ""
    return {
        "rounds": f"{signs.rounds_last_minute} in the last minute, {latest_round}{waiting}",
        "outbox": f"{signs.unrelayed} events not relayed",
        "workflows": f"{signs.workflows_failing} with failing tasks, {signs.workflows_rebuilt} rebuilt so far",
        "auditor": audit,
        "messages": f"{signs.queued} waiting{failed}",
    }
