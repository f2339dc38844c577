"""The worker process: workflows and activities, relay, sender, auditor, rebuild requests, retention, calendar reader
and seat keeper.

While the database is unreachable, the worker doesn't poll Temporal: any task that it took would only fail.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from contextlib import suppress
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client
from temporalio.service import RPCError

from activities.dependencies import Dependencies
from activities.integrations.chat import Webhook
from activities.integrations.mail import SmtpServer
from config.settings import Settings
from config.temporal import connect
from database import limits
from database.clock_reading import keep_clock
from database.engine import open_engine
from database.stores.archive.folder import ArchiveFolder
from domain.ids import Tokens
from domain.retention import CALL_PAGES_KEPT, CALL_SIGNALS_KEPT, Expiring, Retention
from workers.auditor import run_auditor
from workers.backstop import keep_backstop
from workers.calendars import run_calendars
from workers.part import Part, keep_running
from workers.probe import Probe, serving_probe
from workers.pulse import PULSES, WORKER_PARTS
from workers.rebuild_requests import run_rebuild_requests
from workers.registration import CONCURRENT_ACTIVITIES, build_worker
from workers.relay import run_relay
from workers.retention import run_retention
from workers.seat_keeper import run_seat_keeper
from workers.sender import SenderSettings, run_sender

log = logging.getLogger(__name__)

CHECK_EVERY = 2.0
"""Seconds between checks of whether Temporal or the database answers."""
RETRY_EVERY = 0.5
"""Seconds between attempts to reach a database that doesn't answer."""


async def run_worker(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    PULSES.expect({"polling": WORKER_PARTS["polling"]})
    tokens = Tokens(settings.require_secret_key().encode())
    with serving_probe(Probe("worker", installation=tokens.installation()), settings.probe_host, settings.probe_port):
        await _work(settings, stop)


async def _work(settings: Settings, stop: asyncio.Event) -> None:
    url = settings.require_database_url()
    # Effects have their own connections: whatever upkeep there is, the timers go on.
    effects = open_engine(url, limits.EFFECT, connections=CONCURRENT_ACTIVITIES + 2)
    engine = open_engine(url, limits.UPKEEP, connections=settings.database_pool + 10)
    dependencies = Dependencies(effects, Tokens(settings.require_secret_key().encode()))
    client = await _connected(stop)
    if client is None:
        return
    # The health check and the clock have their own connections: an exhausted pool doesn't mean that the database is
    # unreachable.
    health_engine = open_engine(url, limits.WATCHING, connections=2)
    # Opening its first connection reads the database's clock. Until then no part runs, so none is expected to report.
    while not stop.is_set() and not await _answers(health_engine):
        PULSES.tried("polling")
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(stop.wait(), RETRY_EVERY)
    PULSES.expect(WORKER_PARTS)
    async with asyncio.TaskGroup() as group:

        async def poll() -> None:
            await _poll_while_database_answers(client, dependencies, health_engine, stop, settings.workflow_cache)

        group.create_task(keep_running(Part("clock"), lambda: keep_clock(health_engine, stop), stop))
        group.create_task(keep_running(Part("polling"), poll, stop))
        group.create_task(run_relay(engine, client, stop))
        group.create_task(run_auditor(engine, client, stop))
        group.create_task(run_rebuild_requests(engine, client, stop))
        group.create_task(run_retention(engine, retention(settings), ArchiveFolder(settings.archive), stop))
        group.create_task(run_seat_keeper(engine, stop))
        group.create_task(run_sender(engine, dependencies.tokens, sender_settings(settings), stop))
        private = settings.calendar_private_addresses
        group.create_task(run_calendars(engine, stop, private_addresses=private))
    await effects.dispose()
    await engine.dispose()
    await health_engine.dispose()


def retention(settings: Settings) -> Retention:
    """The ages in the settings, and those that have none."""
    days = {
        Expiring.SESSIONS: settings.keep_sessions_days,
        Expiring.SIGN_IN_LINKS: settings.keep_sign_in_links_days,
        Expiring.REQUEST_KEYS: settings.keep_request_keys_days,
        Expiring.RECEIVED_WEBHOOKS: settings.keep_received_webhooks_days,
        Expiring.WEBHOOK_DELIVERIES: settings.keep_webhook_deliveries_days,
        Expiring.WEBHOOK_BODIES: settings.keep_webhook_bodies_days,
        Expiring.ROUNDS: settings.keep_rounds_days,
        Expiring.MESSAGE_BODIES: settings.keep_message_bodies_days,
        Expiring.FREE_TEXT: settings.keep_free_text_days,
    }
    ages = {what: timedelta(days=number) for what, number in days.items()}
    ages |= {Expiring.CALL_PAGES: CALL_PAGES_KEPT, Expiring.CALL_SIGNALS: CALL_SIGNALS_KEPT}
    return Retention(ages, timedelta(days=settings.archive_after_days) or None)


def sender_settings(settings: Settings) -> SenderSettings:
    password = settings.smtp_password.get_secret_value() if settings.smtp_password else ""
    server = SmtpServer(
        host=settings.smtp_host or "127.0.0.1",
        port=settings.smtp_port,
        encryption=settings.smtp_tls,
        user=settings.smtp_user or "",
        password=password,
    )
    # An embedded stack's webhooks are usually on the same machine.
    private = settings.webhook_private_addresses or settings.embedded
    url = settings.alert_webhook_url
    hooks = {"alerts": Webhook(url, private_addresses=private)} if url else {}
    return SenderSettings(settings.base_url, server, settings.smtp_from or "", hooks)


async def _connected(stop: asyncio.Event) -> Client | None:
    """The client, once Temporal answers; None if stopped before that."""
    while not stop.is_set():
        PULSES.tried("polling")
        try:
            client = await connect(lazy=False)
            await keep_backstop(client)
            return client
        except (RuntimeError, RPCError) as error:
            log.warning("temporal unreachable, retrying error=%s", type(error).__name__)
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(stop.wait(), CHECK_EVERY)
    return None


async def _poll_while_database_answers(
    client: Client, dependencies: Dependencies, health_engine: AsyncEngine, stop: asyncio.Event, cached: int
) -> None:
    while not stop.is_set():
        PULSES.tried("polling")
        if not await _answers(health_engine):
            await asyncio.sleep(RETRY_EVERY)
            continue
        async with build_worker(client, dependencies, cached_workflows=cached):
            log.info("worker started polling")
            while not stop.is_set() and await _answers(health_engine):
                PULSES.worked("polling")
                with suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(stop.wait(), CHECK_EVERY)
        if stop.is_set():
            log.info("worker stopped polling reason=shutdown")
        else:
            log.warning("worker stopped polling reason=database_unreachable")


async def _answers(engine: AsyncEngine) -> bool:
    try:
        # The connection has its own limits. Unlike one here, those don't count answers that this process is too busy to
        # read: restarting a starved worker would make it worse.
        async with engine.connect() as conn:
            await conn.execute(text("SELECT 1"))
    except (SQLAlchemyError, OSError):
        return False
    return True
