"""The relay: signals events from the outbox to workflows, at least once; a workflow ignores repeated events.

Relaying the event that opens an escalation starts its workflow. So if the web process dies right after opening an
escalation, the workflow is still started here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from activities.messages import Event, Happened
from activities.starting import SIGNAL, start_workflow, wake_workflow
from database.stores.escalations.outbox import UnrelayedEvent, mark_relayed, take_unrelayed
from database.stores.journal.timeline import database_now
from domain.escalation import Kind
from domain.ids import OUTBOX_CHANNEL, workflow_id
from workers.news import woken_by
from workers.part import Part

IN_FLIGHT = 8
"""Maximum concurrent signals; few, so that updates that people wait for don't queue behind many signals."""
POLL_EVERY = 5.0
"""Seconds between polls, in case a notification is lost."""
TIMEOUT = timedelta(seconds=5)
WAKING = frozenset({Kind.BOOKED, Kind.WITHDRAWN})
"""Events that can reach a workflow while its start is delayed."""


async def run_relay(engine: AsyncEngine, client: Client, stop: asyncio.Event) -> None:
    """Relay events until ``stop``. Survives outages of the database and of Temporal."""
    news, part = asyncio.Event(), Part("relay")
    async with woken_by(OUTBOX_CHANNEL, engine, news.set, part):
        while not stop.is_set():
            news.clear()
            relayed = 0
            with part.run():
                relayed = await relay_once(engine, client, part)
            if not relayed:
                await part.pause(stop, POLL_EVERY, news)


async def relay_once(engine: AsyncEngine, client: Client, part: Part | None = None) -> int:
    """Relay the events for one batch of escalations; returns how many of those escalations received theirs.

    One escalation's failure is logged in the name of ``part``, and doesn't keep the others from receiving their events.
    """
    gate, part = asyncio.Semaphore(IN_FLIGHT), part or Part("relay")
    async with engine.begin() as conn:
        unrelayed = await take_unrelayed(conn)
        attempts = [_relay(client, engine, *escalation, gate, part) for escalation in unrelayed.items()]
        results = await asyncio.gather(*attempts)
        outcomes = zip(unrelayed.values(), results, strict=True)
        relayed = [event.id for events, received in outcomes if received for event in events]
        if relayed:
            await mark_relayed(conn, relayed, await database_now(conn, None))
    return sum(results)


async def _relay(
    client: Client,
    engine: AsyncEngine,
    escalation_id: str,
    events: Sequence[UnrelayedEvent],
    gate: asyncio.Semaphore,
    part: Part,
) -> bool:
    messages = [Event(event.seq, event.kind, event.at, _without_free_text(event.body)) for event in events]
    async with gate:
        try:
            if any(event.kind == Kind.OPENED for event in events):
                await start_workflow(client, engine, escalation_id, time_limit=TIMEOUT)
            signalled = tuple(message for message in messages if message.kind != Kind.OPENED)
            if signalled:
                await _signal(client, engine, escalation_id, signalled)
        except Exception as error:
            part.log_failure(error, "events", f"escalation={escalation_id}")
            return False
    return True


async def _signal(client: Client, engine: AsyncEngine, escalation_id: str, events: tuple[Event, ...]) -> None:
    if any(event.kind in WAKING for event in events):
        await wake_workflow(client, engine, escalation_id, Happened(events), TIMEOUT)
        return
    handle = client.get_workflow_handle(workflow_id(escalation_id))
    try:
        await handle.signal(SIGNAL, Happened(events), rpc_timeout=TIMEOUT)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND or _namespace_missing(error):
            raise
        # The workflow has ended, so nobody needs the events.


def _namespace_missing(error: RPCError) -> bool:
    """Whether the server lacks our namespace, as after a fresh setup. Then "not found" doesn't mean "ended"."""
    return any(detail.type_url.endswith("NamespaceNotFoundFailure") for detail in error.grpc_status.details)


def _without_free_text(body: dict[str, Any]) -> dict[str, Any]:
    """The body without an agent's reason for declining, which may appear only in the timeline (docs/decisions/0008)."""
    return {name: value for name, value in body.items() if name != "reason"}
