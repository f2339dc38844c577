"""LISTEN for notifications, even across database restarts.

Notifications can be lost, so a listener must read everything when listening begins and after each reconnection. The
payload ``EVERYTHING`` tells it to do so.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import psycopg
from psycopg import sql

from database.guard import GuardedConnection
from database.limits import LISTENING

log = logging.getLogger(__name__)

EVERYTHING = "*"
"""Payload meaning that anything may have changed."""


@dataclass(frozen=True)
class Notification:
    channel: str
    payload: str


async def listen(url: str, channels: Sequence[str], *, retry_seconds: float = 0.5) -> AsyncIterator[Notification]:
    """Yield notifications from these channels for ever, and one ``EVERYTHING`` per channel after each (re)connection.

    ``url`` may include SQLAlchemy's driver name. Reconnects every ``retry_seconds`` while the database is unreachable.
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
                # Silence is normal from here on.
                conn.longest_wait = math.inf
                async for notify in conn.notifies():
                    yield Notification(notify.channel, notify.payload)
        except (psycopg.OperationalError, OSError) as error:
            if reachable:
                reason = str(error).strip() or type(error).__name__
                log.warning("listen connection lost, reconnecting: channels=%s error=%s", ",".join(channels), reason)
            reachable = False
        await asyncio.sleep(retry_seconds)


async def _connect(address: str) -> GuardedConnection:
    # It needs the keepalives among these parameters: it never sends anything, so it wouldn't notice a dead peer.
    return await GuardedConnection.open(
        address, autocommit=True, longest_wait=LISTENING.answer, **LISTENING.connect_args
    )
