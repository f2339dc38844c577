"""The auditor: looks for anything that should have moved on but hasn't, repairs it and counts the repairs.

Events that no workflow has received, including those that open an escalation, are left to the relay, which polls the
outbox. The auditor deals with rows that contradict each other, rebuilds workflows that are lost or disagree with the
rows, and writes shifts further ahead.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client

from activities.comparing import Problem, count_failing, find_problem
from database.clock import current_time
from database.stores.at_risk.alerts import alert_lost_seats
from database.stores.escalations.customer_requests import wake_desks
from database.stores.follow_up import alert_overdue
from database.stores.journal.figures import AUDIT_COMPLETE, WORKFLOWS_FAILING, note_figure
from database.stores.rounds.overdue import find_overdue
from database.stores.rounds.previous_release import relay_updates_too
from database.stores.rounds.repair import PAGE, Position, audit, open_after, open_nearest
from database.stores.selling.holds import end_hold, expired_holds
from database.stores.staff.shifts import AT_ONCE, everybody, update_shifts
from workers.part import Part
from workers.rebuild import rebuild

log = logging.getLogger(__name__)

AUDIT_EVERY = 30.0
"""Seconds between audits."""
SHIFTS_EVERY = timedelta(hours=6)
OVERDUE_EVERY = timedelta(minutes=5)
"""Time between searches for workflows that missed a deadline."""
FIRST = str(uuid.UUID(int=0))
REBUILT_AT_ONCE = 20
"""Maximum workflows to replace per page of ``PAGE`` escalations, not counting those that no longer exist, and maximum
overdue ones to replace per search for them.
"""
LOST_FOR = 60.0
"""Seconds for which one audit rebuilds workflows that no longer exist, before it looks at other things again."""


async def run_auditor(engine: AsyncEngine, client: Client, stop: asyncio.Event) -> None:
    """Audit every half minute until ``stop``. A step that fails doesn't keep the others from running."""
    auditor, part = Auditor(engine, client, stop), Part("auditor")
    while not stop.is_set():
        await auditor.audit(part, current_time())
        await part.pause(stop, AUDIT_EVERY)


class Auditor:
    """Runs audits, and remembers where each step goes on."""

    def __init__(self, engine: AsyncEngine, client: Client, stop: asyncio.Event) -> None:
        self._engine, self._client, self._stop = engine, client, stop
        self._overdue = OverdueWorkflows(engine, client, stop)
        self._shifts_written_at: datetime | None = None
        self._checked_up_to = FIRST

    async def audit(self, part: Part, now: datetime) -> None:
        """One audit. It counts as done, for the metrics and the doctor too, only if every step of it was."""
        with part.run():
            for step, work in (
                ("shifts", self._write_shifts),
                ("rows", self._repair_rows),
                ("holds", self._end_holds),
                ("follow-ups", self._alert_follow_ups),
                ("updates", self._relay_updates),
                ("workflows", self._rebuild_workflows),
                ("deadlines", self._overdue.rebuild),
                ("figures", self._note_failing),
            ):
                if self._stop.is_set():
                    return
                with part.step(step):
                    await work(now)
            if not part.failed:
                async with self._engine.begin() as conn:
                    await note_figure(conn, AUDIT_COMPLETE, 1)

    async def _write_shifts(self, now: datetime) -> None:
        is_time = self._shifts_written_at is None or now - self._shifts_written_at > SHIFTS_EVERY
        if is_time and await write_all_shifts(self._engine, now, self._stop):
            self._shifts_written_at = now

    async def _end_holds(self, now: datetime) -> None:
        """Give back the slots that were held for customers who didn't take them in time."""
        async with self._engine.connect() as conn:
            over = await expired_holds(conn)
        for escalation_id in over:
            async with self._engine.begin() as conn:
                await end_hold(conn, escalation_id, now, why="ran_out")
                await wake_desks(conn, escalation_id)

    async def _repair_rows(self, now: datetime) -> None:
        async with self._engine.begin() as conn:
            findings = await audit(conn, now)
        if findings.unrelayed:
            log.warning("events not relayed, woke the relay events=%d", findings.unrelayed)
        if findings.repairs:
            log.warning("repaired rows %s", " ".join(f"{kind}={count}" for kind, count in findings.repairs.items()))

    async def _alert_follow_ups(self, now: datetime) -> None:
        async with self._engine.begin() as conn:
            alerted = await alert_overdue(conn, now)
        if alerted:
            log.info("alerted overdue follow-ups follow_ups=%d", alerted)

    async def _relay_updates(self, now: datetime) -> None:
        async with self._engine.begin() as conn:
            relayed = await relay_updates_too(conn, now)
        if relayed:
            log.info("relaying updates of the previous release events=%d", relayed)

    async def _rebuild_workflows(self, now: datetime) -> None:
        self._checked_up_to = await rebuild_workflows(self._engine, self._client, self._checked_up_to, now, self._stop)

    async def _note_failing(self, now: datetime) -> None:
        await note_failing(self._engine, self._client)


class OverdueWorkflows:
    """Workflows that missed a deadline. One found twice, some minutes apart, is rebuilt.

    A worker that was down finds many deadlines passed at its start, and its workflows are about to act on them.
    """

    def __init__(self, engine: AsyncEngine, client: Client, stop: asyncio.Event) -> None:
        self._engine, self._client, self._stop = engine, client, stop
        self._found: frozenset[str] = frozenset()
        self._looked_at: datetime | None = None

    async def rebuild(self, now: datetime) -> None:
        if self._looked_at is not None and now - self._looked_at < OVERDUE_EVERY:
            return
        async with self._engine.connect() as conn:
            overdue = await find_overdue(conn, now)
        again, self._found, self._looked_at = overdue & self._found, overdue, now
        for escalation_id in sorted(again)[:REBUILT_AT_ONCE]:
            if self._stop.is_set():
                return
            await _rebuild(self._engine, self._client, escalation_id, Problem.STUCK, now)


async def write_all_shifts(engine: AsyncEngine, now: datetime, stop: asyncio.Event) -> bool:
    """Write shifts as far ahead as slots are sold; False if stopped before the end.

    Small transactions, so that sales aren't blocked for long.
    """
    async with engine.connect() as conn:
        people = await everybody(conn)
    for at in range(0, len(people), AT_ONCE):
        if stop.is_set():
            return False
        async with engine.begin() as conn:
            replanned = await update_shifts(conn, people[at : at + AT_ONCE], now)
            await alert_lost_seats(conn, replanned.at_risk, now)
    return True


async def note_failing(engine: AsyncEngine, client: Client) -> None:
    """Leave the number of workflows whose tasks fail, for `/metrics` and the doctor."""
    failing = await count_failing(client)
    async with engine.begin() as conn:
        await note_figure(conn, WORKFLOWS_FAILING, failing)


async def rebuild_workflows(engine: AsyncEngine, client: Client, after: str, now: datetime, stop: asyncio.Event) -> str:
    """Rebuild workflows that disagree with the rows, until ``stop``; returns the id to continue from.

    Checks the nearest calls, then the next open escalations after the given id. If some of their workflows no longer
    exist, Temporal may have lost them all; then it goes on with the next ones, for as long as ``LOST_FOR``.
    """
    until, lost, skipped = time.monotonic() + LOST_FOR, True, 0
    while lost and time.monotonic() < until and not stop.is_set():
        async with engine.connect() as conn:
            positions = await open_nearest(conn, skipped, now)
        _, lost = await _rebuild_those(engine, client, positions, now, stop)
        skipped += PAGE
    while not stop.is_set():
        async with engine.connect() as conn:
            positions = await open_after(conn, after, now)
        done, lost = await _rebuild_those(engine, client, positions, now, stop)
        if not positions:
            return FIRST
        after = positions[done - 1].escalation if done else after
        if not lost or time.monotonic() > until:
            break
    return after


async def _rebuild_those(
    engine: AsyncEngine, client: Client, positions: Sequence[Position], now: datetime, stop: asyncio.Event
) -> tuple[int, bool]:
    """Check these in order; returns how many were checked, and whether workflows no longer existed.

    Replaces at most ``REBUILT_AT_ONCE``, so that a worker that is merely slow isn't given even more work.
    """
    replaced, lost = 0, False
    for done, position in enumerate(positions):
        if stop.is_set():
            return done, False
        problem = await find_problem(client, engine, position, now)
        if problem is None:
            continue
        if replaced >= REBUILT_AT_ONCE and problem is not Problem.GONE:
            return done, False
        # This reads the rows again: the escalation and its workflow may have ended since the query above.
        rebuilt = await _rebuild(engine, client, position.escalation, problem, now)
        lost = lost or (rebuilt and problem is Problem.GONE)
        replaced += rebuilt and problem is not Problem.GONE
    return len(positions), lost


async def _rebuild(engine: AsyncEngine, client: Client, escalation_id: str, problem: Problem, now: datetime) -> bool:
    if not await rebuild(client, engine, escalation_id, problem.value, now):
        return False
    log.warning("rebuilt workflow escalation=%s reason=%s", escalation_id, problem.name.lower())
    return True
