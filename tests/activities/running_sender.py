"""Runs a sender, and waits for what becomes of queued messages."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.integrations.chat import Webhook
from database.engine import open_engine
from database.tables.escalation import escalation_event, message
from tests.activities.mail_server import MailServer
from tests.activities.queued_messages import messages_of, until
from tests.activities.receiver import Receiver
from tests.activities.sample_letter import ADDRESSES
from workers.sender import SenderSettings, run_sender


@contextlib.asynccontextmanager
async def sending(database_url: str, smtp: MailServer, hook: Receiver | None = None) -> AsyncIterator[None]:
    """Run a sender with its own engine until the block ends."""
    webhooks = {"alerts": Webhook(hook.url, private_addresses=True, timeout=2)} if hook else {}
    settings = SenderSettings(ADDRESSES.base, smtp.settings(timeout=3), webhooks=webhooks)
    engine, stop = open_engine(database_url), asyncio.Event()
    running = asyncio.create_task(run_sender(engine, ADDRESSES.tokens, settings, stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(running, 5)
        await engine.dispose()


async def settled(database: AsyncEngine, escalation_id: str, *states: str) -> None:
    """Wait until the escalation's messages have these states, in the order of their keys."""

    async def holds() -> bool:
        return [row.state for row in await messages_of(database, escalation_id)] == list(states)

    await until(holds)


async def tried(database: AsyncEngine, escalation_id: str) -> None:
    """Wait until a first attempt has failed."""

    async def holds() -> bool:
        return any(row.last_error for row in await messages_of(database, escalation_id))

    await until(holds)


async def make_due(database: AsyncEngine) -> None:
    """Make queued messages due now, as time would."""
    async with database.begin() as conn:
        await conn.execute(message.update().where(message.c.state == "queued").values(next_attempt_at=text("now()")))
        await conn.execute(text("NOTIFY message"))


async def failure_reasons(database: AsyncEngine, escalation_id: str) -> list[str]:
    query = select(escalation_event.c.body).where(
        escalation_event.c.escalation == escalation_id, escalation_event.c.kind == "message_failed"
    )
    async with database.connect() as conn:
        return [body["reason"] for body in (await conn.execute(query)).scalars()]
