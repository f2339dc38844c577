"""The relay: tells workflows what Postgres decided. At least once; the workflow counts each event once.

The event that opened an escalation is told by starting its workflow, so an acknowledged escalation whose
process died before anything started is started here, like every other one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from activities.messages import Event, Happened
from activities.starting import start_workflow
from database.listening import listen
from database.stores.escalations.outbox import UnrelayedEvent, mark_relayed, take_unrelayed
from database.stores.journal.timeline import database_now
from domain.escalation import Kind
from domain.ids import OUTBOX_CHANNEL, workflow_id
from workers.waking import first_of

log = logging.getLogger(__name__)

IN_FLIGHT = 8
"""Signals under way at once: few, so that people's updates are not queued behind a flock."""
POLL_EVERY = 5.0
TIMEOUT = timedelta(seconds=5)
SIGNAL = "happened"
_UNREACHABLE = (OperationalError, InterfaceError, PoolTimeout, OSError)


async def run_relay(engine: AsyncEngine, client: Client, stop: asyncio.Event) -> None:
    """Tell until ``stop``. Survives the loss of the database and of Temporal."""
    news = asyncio.Event()
    listening = asyncio.create_task(_wake_on_news(engine, news))
    try:
        while not stop.is_set():
            news.clear()
            told = 0
            try:
                told = await relay_once(engine, client)
            except _UNREACHABLE as error:
                log.warning("the outbox can't be read, trying again: %s", type(error).__name__)
                await asyncio.sleep(1)
            if not told:
                await first_of(stop, news, POLL_EVERY)
    finally:
        listening.cancel()


async def relay_once(engine: AsyncEngine, client: Client) -> int:
    """Tell one batch of escalations; returns how many were told."""
    async with engine.begin() as conn:
        unrelayed = await take_unrelayed(conn)
        gate = asyncio.Semaphore(IN_FLIGHT)
        told = await asyncio.gather(
            *(_tell(client, engine, escalation_id, events, gate) for escalation_id, events in unrelayed.items())
        )
        answers = zip(unrelayed.values(), told, strict=True)
        done = [event.id for events, relayed in answers if relayed for event in events]
        if done:
            await mark_relayed(conn, done, await database_now(conn, None))
    return sum(told)


async def _tell(
    client: Client, engine: AsyncEngine, escalation_id: str, events: Sequence[UnrelayedEvent], gate: asyncio.Semaphore
) -> bool:
    facts = tuple(Event(event.seq, event.kind, event.at, _without_words(event.body)) for event in events)
    async with gate:
        try:
            if any(event.kind == Kind.OPENED for event in events):
                await start_workflow(client, engine, escalation_id, timeout=TIMEOUT)
            rest = tuple(fact for fact in facts if fact.kind != Kind.OPENED)
            if rest:
                await _signal(client, escalation_id, rest)
        except RPCError as error:
            log.warning("escalation %s was not told, trying again: %s", escalation_id, error.status.name)
        except RuntimeError as error:
            log.warning("Temporal does not answer, trying again: %s", type(error).__name__)
        except Exception:
            # Whatever is wrong with this one, the others are told.
            log.exception("escalation %s can't be told", escalation_id)
        else:
            return True
    return False


async def _signal(client: Client, escalation_id: str, facts: tuple[Event, ...]) -> None:
    handle = client.get_workflow_handle(workflow_id(escalation_id))
    try:
        await handle.signal(SIGNAL, Happened(facts), rpc_timeout=TIMEOUT)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND or _namespace_missing(error):
            raise
        # Over already: there is nobody left to tell.


def _namespace_missing(error: RPCError) -> bool:
    """A server without our namespace (set up anew) knows no workflow at all: that one is over can't be learned."""
    return any(detail.type_url.endswith("NamespaceNotFoundFailure") for detail in error.grpc_status.details)


def _without_words(body: dict[str, Any]) -> dict[str, Any]:
    """What may stand in a history: an agent's reason for declining stays in the timeline (docs/decisions/0008)."""
    return {name: value for name, value in body.items() if name != "reason"}


async def _wake_on_news(engine: AsyncEngine, news: asyncio.Event) -> None:
    async for _ in listen(engine.url.render_as_string(hide_password=False), [OUTBOX_CHANNEL]):
        news.set()
