"""What the rows say about an installation: whether rounds and audits run, what waits, whose clock is wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from cli.findings import Finding
from database.clock import LIMIT, PROCESS_CLOCK
from database.engine import open_engine
from database.limits import WATCHING
from database.stores.queries.vital_signs import read_vital_signs
from domain.vital_signs import VitalSigns, concerns


def examine_rows(database_url: str) -> Iterator[Finding]:
    """Findings about the rows and about this machine's clock. Raises the database's errors."""
    signs = asyncio.run(_read(database_url))
    yield _clock()
    worries = {concern.part: str(concern) for concern in concerns(signs)}
    for part, state in _states(signs).items():
        yield Finding(part, part not in worries, worries.get(part, state))


async def _read(database_url: str) -> VitalSigns:
    engine = open_engine(database_url, WATCHING, connections=1)
    try:
        async with engine.connect() as conn:
            return await read_vital_signs(conn)
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
    audit = "none yet" if signs.since_audit is None else f"the latest {signs.since_audit:.0f} s ago"
    waiting = f", {signs.unserved} calls due, the oldest for {signs.oldest_unserved:.0f} s" if signs.unserved else ""
    failed = f", {signs.failed_messages} given up: see Escalations" if signs.failed_messages else ""
    return {
        "rounds": f"{signs.rounds_last_minute} in the last minute, {latest_round}{waiting}",
        "outbox": f"{signs.unrelayed} events untold",
        "workflows": f"{signs.workflows_failing} with failing tasks, {signs.workflows_rebuilt} rebuilt so far",
        "auditor": f"audits every half minute, {audit}",
        "messages": f"{signs.queued} waiting{failed}",
    }
