"""Building indexes without locking out writers."""

from collections.abc import Mapping

from alembic import op
from sqlalchemy import text

_VALID = text("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(:name)")


def build_indexes(indexes: Mapping[str, str]) -> None:
    """Build the indexes, keyed by name, each in a transaction of its own. Skips those that exist."""
    with op.get_context().autocommit_block():
        bind = op.get_bind()
        usual = bind.execute(text("SHOW lock_timeout")).scalar_one()
        # A build waits for old transactions, but nobody waits for the build.
        bind.execute(text("SET lock_timeout = '5min'"))
        for name, definition in indexes.items():
            valid = bind.execute(_VALID, {"name": name}).scalar_one_or_none()
            if not valid:
                # An interrupted build leaves an invalid index.
                bind.execute(text(f"DROP INDEX CONCURRENTLY IF EXISTS {name}"))
                bind.execute(text(f"CREATE INDEX CONCURRENTLY {name} ON {definition}"))
        bind.execute(text(f"SET lock_timeout = '{usual}'"))
