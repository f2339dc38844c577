"""Bring a database to this release's shape.

Runs under an advisory lock, so that any number of processes may start at once, and under a lock
time-out, so that a migration gives way to traffic instead of queueing it, and is tried again.
"""

import logging
import time
from datetime import timedelta
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg.errors import DeadlockDetected, LockNotAvailable
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from database.engine import driver_url
from domain.deadlines import MIGRATION_LOCK

LOCK = 4_206_118_301  # any number that nothing else in this database locks
PAUSE = timedelta(seconds=1)
"""Between two tries, for what has queued up meanwhile."""
TRIES = 150

log = logging.getLogger(__name__)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def upgrade(url: str, revision: str = "head") -> None:
    """Run every migration up to this revision that has not run yet.

    Each is a transaction of its own. One that meets a lock is tried again, for some minutes; then, and for
    whatever else goes wrong, this raises what the database raises, and nothing is half done.
    """
    engine = create_engine(driver_url(url), poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
        connection.execute(text(f"SET lock_timeout = '{MIGRATION_LOCK // timedelta(milliseconds=1)}ms'"))
        connection.execute(text("SET statement_timeout = '5min'"))
        connection.commit()
        config = _config()
        config.attributes["connection"] = connection
        for left in reversed(range(TRIES)):
            try:
                command.upgrade(config, revision)
                connection.commit()
                return
            except (LockNotAvailable, DeadlockDetected, OperationalError) as failure:
                # Bare from a migration's statements, wrapped from Alembic's own.
                connection.rollback()
                met_a_lock = isinstance(getattr(failure, "orig", failure), LockNotAvailable | DeadlockDetected)
                if not (left and met_a_lock):
                    raise
            log.warning("migration gave way to a lock: tries_left=%d", left)
            time.sleep(PAUSE.total_seconds())


def newest() -> str | None:
    """The revision that this code needs."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def present(connection: Connection) -> str | None:
    """The revision that a database has, or None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()
