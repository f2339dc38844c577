"""LISTEN, kept up through the database's restarts.

Wake-ups can be lost: whoever listens reads everything once listening has begun, and again after each
reconnection. Both are told by the notification ``EVERYTHING``.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import psycopg
from psycopg import AsyncConnection, sql

log = logging.getLogger(__name__)

EVERYTHING = "*"
"""Payload that says: anything may have changed, read it all."""


@dataclass(frozen=True)
class Notification:
    channel: str
    payload: str


async def listen(url: str, channels: Sequence[str], *, retry_seconds: float = 0.5) -> AsyncIterator[Notification]:
    """Notifications of these channels for ever; one of ``EVERYTHING`` a channel after each (re)connection.

    ``url`` is plain or with SQLAlchemy's driver name. An unreachable database is tried again by itself.
    """
    address = url.replace("postgresql+psycopg://", "postgresql://", 1)
    reachable = True
    while True:
        try:
            async with await _connect(address) as conn:
                for channel in channels:
                    await conn.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
                for channel in channels:
                    yield Notification(channel, EVERYTHING)
                reachable = True
                async for found in conn.notifies():
                    yield Notification(found.channel, found.payload)
        except (psycopg.OperationalError, OSError) as error:
            if reachable:
                log.warning("listening ended, connecting again: %s", str(error).strip() or type(error).__name__)
            reachable = False
        await asyncio.sleep(retry_seconds)


async def _connect(address: str) -> AsyncConnection[tuple[object, ...]]:
    # Keep-alives, because a listener never sends and would not notice a peer that is gone.
    return await AsyncConnection.connect(
        address,
        autocommit=True,
        connect_timeout=3,
        keepalives_idle=10,
        keepalives_interval=5,
        keepalives_count=2,
        application_name="muster listening",
    )
