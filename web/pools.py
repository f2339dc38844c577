"""The web process's database connections: a pool for each kind of work, so that none can exhaust another's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from database import limits
from database.engine import open_engine

CUSTOMERS = 6
"""Connections for what customers open and do: however slow everything else is, they open their link, book and rate."""
DESKS = 4
"""Connections for sessions, heartbeats, offers and their answers; few, because those are batched."""
COMMANDS = 4
"""Connections for what agents, support ops and other programs do to an escalation."""
REPORTS = 3
"""Connections for outcomes, backtests and exports, which may take half a minute each."""


@dataclass(frozen=True)
class WebPools:
    """One engine for each kind of work."""

    customers: AsyncEngine
    desks: AsyncEngine
    commands: AsyncEngine
    reports: AsyncEngine
    pages: AsyncEngine
    """Everything else."""
    readiness: AsyncEngine
    watching: AsyncEngine
    """The database's clock and `/metrics`, which matter most when all other connections are in use."""


@asynccontextmanager
async def open_pools(url: str, pages: int) -> AsyncIterator[WebPools]:
    """The pools; connections are opened when they are needed. ``pages`` is the size of that pool."""
    pools = WebPools(
        customers=open_engine(url, limits.CUSTOMER, connections=CUSTOMERS),
        desks=open_engine(url, limits.DESK, connections=DESKS),
        commands=open_engine(url, limits.COMMAND, connections=COMMANDS),
        reports=open_engine(url, limits.REPORT, connections=REPORTS),
        pages=open_engine(url, limits.PAGE, connections=pages),
        watching=open_engine(url, limits.WATCHING, connections=2),
        readiness=open_engine(url, limits.READINESS, connections=1),
    )
    try:
        yield pools
    finally:
        await asyncio.gather(*(engine.dispose() for engine in vars(pools).values()))
