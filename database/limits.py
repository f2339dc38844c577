"""How long each kind of work may use the database, and how long it waits for it. All times are in seconds.

Every connection of Muster is opened with one of these, so this is the only place where such limits are set. What a
single transaction may take stands in ``domain.deadlines``.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.deadlines import MIGRATION_LOCK

CONNECT = 3
"""How long opening a connection may take."""
PING = 1.5
"""How long an idle connection may take to prove that it is alive: with ``CONNECT``, less than a page's time limit."""
UNACKNOWLEDGED = 4
"""How long TCP waits for the server's kernel to acknowledge what was sent."""
CLIENT_CHECK = 1
"""How often PostgreSQL checks, while it runs a statement, that its client is still there."""
MARGIN = 0.5
"""How much longer the client waits than a statement may take, so that PostgreSQL's own refusal arrives first."""


@dataclass(frozen=True)
class WorkLimits:
    """The limits of one kind of work."""

    work: str
    """Shown by PostgreSQL in ``pg_stat_activity.application_name``, after ``muster``."""
    statement: float
    """How long a statement may run, including its waits for locks."""
    lock: float = 2
    """How long a statement may wait for one lock."""
    idle: float = 5
    """How long a transaction may do nothing."""
    queue: float = CONNECT
    """How long to wait for a connection from the pool."""

    @property
    def answer(self) -> float:
        """How long the client waits for an answer before it gives up the connection."""
        return self.statement + MARGIN

    @property
    def connect_args(self) -> dict[str, str | int]:
        """The parameters with which libpq opens such a connection."""
        settings = {
            "timezone": "UTC",
            # JIT compilation takes longer than running any of these statements.
            "jit": "off",
            # Rows are in memory or on SSDs. With the default, 4, plans read everybody's calls to find one person's.
            "random_page_cost": "1.1",
            "statement_timeout": f"{self.statement:g}s",
            "lock_timeout": f"{self.lock:g}s",
            "idle_in_transaction_session_timeout": f"{self.idle:g}s",
            "client_connection_check_interval": f"{CLIENT_CHECK:g}s",
        }
        return {
            # `PGAPPNAME` wins.
            "fallback_application_name": f"muster {self.work}",
            "connect_timeout": CONNECT,
            "tcp_user_timeout": UNACKNOWLEDGED * 1000,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 2,
            "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
        }


CUSTOMER = WorkLimits("customer", statement=4)
"""What customers open and do: link, join, book, rate."""
DESK = WorkLimits("desk", statement=4)
"""Sessions, heartbeats, offers and their answers."""
COMMAND = WorkLimits("command", statement=4)
"""What agents, support ops and other programs do to an escalation."""
PAGE = WorkLimits("page", statement=4)
"""All other pages, and the API."""
REPORT = WorkLimits("report", statement=30, idle=60)
"""Outcomes, backtests and exports, which compute or send for a while between two statements."""
READINESS = WorkLimits("readiness", statement=2)
"""Whether this process can write now; for `muster doctor`, whether the database answers."""
WATCHING = WorkLimits("watching", statement=4)
"""The database's clock, whether it answers at all, and what `/metrics` and `muster doctor` read from the rows."""
EFFECT = WorkLimits("effect", statement=4)
"""An activity's transaction: shorter than the activity (``domain.deadlines.ACTIVITY``)."""
ROUND = WorkLimits("round", statement=4)
UPKEEP = WorkLimits("upkeep", statement=30, idle=180, queue=30)
"""All of a worker's parts but its activities. Some keep a transaction as a lock while they do more."""
TOOL = WorkLimits("tool", statement=300, lock=10, idle=900)
"""Commands that somebody runs by hand."""
MIGRATION = WorkLimits("migration", statement=300, lock=MIGRATION_LOCK.total_seconds(), idle=300)
LISTENING = WorkLimits("listening", statement=4)
