"""The auditor: looks for what should have moved and didn't; repairs it and counts.

An escalation whose workflow was never told that it opened, and every other event that nobody was told, is the
relay's by design (it polls the outbox). Left to this: rows that contradict each other, workflows that are gone
while their escalation stands, and shifts that must be laid out further.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from activities.starting import start_workflow
from database.stores.at_risk.alerts import alert_lost_seats
from database.stores.rounds.repair import Findings, audit, note_restart, standing_after
from database.stores.staff.shifts import AT_ONCE, everybody, lay_out
from domain.ids import workflow_id

log = logging.getLogger(__name__)

LOOK_EVERY = 30.0
SHIFTS_EVERY = timedelta(hours=6)
FIRST = str(uuid.UUID(int=0))
TIMEOUT = timedelta(seconds=3)


async def run_auditor(engine: AsyncEngine, client: Client, stop: asyncio.Event) -> None:
    """Look every half minute until ``stop``. Each part looks, whatever became of the one before."""
    laid_out_at: datetime | None = None
    looked_up_to = FIRST
    while not stop.is_set():
        now = datetime.now(UTC)
        with _survived("shifts"):
            if laid_out_at is None or now - laid_out_at > SHIFTS_EVERY:
                await lay_out_everybody(engine, now)
                laid_out_at = now
        with _survived("rows"):
            async with engine.begin() as conn:
                _report(await audit(conn, now))
        with _survived("workflows"):
            looked_up_to = await revive_workflows(engine, client, looked_up_to, now)
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(stop.wait(), LOOK_EVERY)


async def lay_out_everybody(engine: AsyncEngine, now: datetime) -> None:
    """Shifts as far ahead as slots are sold, some people at a time: nobody waits long for a desk's day."""
    async with engine.connect() as conn:
        people = await everybody(conn)
    for at in range(0, len(people), AT_ONCE):
        async with engine.begin() as conn:
            replanned = await lay_out(conn, people[at : at + AT_ONCE], now)
            await alert_lost_seats(conn, replanned.at_risk, now)


async def revive_workflows(engine: AsyncEngine, client: Client, after: str, now: datetime) -> str:
    """Start again what is gone of some workflows whose escalation stands; returns where to go on next time."""
    async with engine.connect() as conn:
        standing = await standing_after(conn, after, now)
    for escalation_id in standing:
        if await _runs(client, escalation_id):
            continue
        # The rows are read anew: it may have ended, row and workflow, since they were read above.
        if await start_workflow(client, engine, escalation_id, again=True, timeout=TIMEOUT):
            log.warning("repaired: the workflow of escalation %s was gone", escalation_id)
            async with engine.begin() as conn:
                await note_restart(conn, escalation_id, now)
    return standing[-1] if standing else FIRST


async def _runs(client: Client, escalation_id: str) -> bool:
    try:
        described = await client.get_workflow_handle(workflow_id(escalation_id)).describe(rpc_timeout=TIMEOUT)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False
    return described.status is WorkflowExecutionStatus.RUNNING


@contextmanager
def _survived(part: str) -> Iterator[None]:
    """A look that failed is reported, and taken again the next time."""
    try:
        yield
    except (SQLAlchemyError, OSError, RPCError, RuntimeError) as error:
        log.warning("no audit of the %s this time: %s", part, type(error).__name__)


def _report(found: Findings) -> None:
    if found.repaired:
        log.warning("repaired: %s", found)
