"""Migrate a database to this release's schema.

Runs under an advisory lock, so that any number of processes can start at the same time, and with a lock timeout: a
migration that has to wait for a lock is aborted and retried instead of holding up traffic.
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
from database.limits import MIGRATION

LOCK = 4_206_118_301  # an arbitrary advisory lock key, used by nothing else
PAUSE = timedelta(seconds=1)
"""Pause between attempts, so that waiting statements can run."""
ATTEMPTS = 150

log = logging.getLogger(__name__)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def upgrade(url: str, revision: str = "head") -> None:
    """Run every pending migration up to this revision, each in its own transaction.

    Retries a migration blocked by a lock for several minutes. After that, and on any other error, raises the
    database's exception; no migration is left half done.
    """
    engine = create_engine(driver_url(url), poolclass=NullPool, connect_args=MIGRATION.connect_args)
    with engine.connect() as connection:
        # Another process may be migrating for minutes: that is the one lock to wait for.
        connection.execute(text("SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
        connection.commit()
        config = _config()
        config.attributes["connection"] = connection
        for attempts_left in reversed(range(ATTEMPTS)):
            try:
                command.upgrade(config, revision)
                connection.commit()
                return
            except (LockNotAvailable, DeadlockDetected, OperationalError) as failure:
                # A migration's statements raise the driver's bare error; Alembic's own statements raise it wrapped.
                connection.rollback()
                is_lock = isinstance(getattr(failure, "orig", failure), LockNotAvailable | DeadlockDetected)
                if not (attempts_left and is_lock):
                    raise
            log.warning("migration lock timeout, retrying: attempts_left=%d", attempts_left)
            time.sleep(PAUSE.total_seconds())


def newest() -> str | None:
    """The revision that this release needs."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def present(connection: Connection) -> str | None:
    """A database's current revision, or None if it is empty."""
    return MigrationContext.configure(connection).get_current_revision()
