"""Indexes with which pages and retention stay fast in tables of millions of rows.

Each is built without locking out writers, in a transaction of its own.
"""

from alembic import op
from sqlalchemy import text

revision = "0018"
down_revision = "0017"

INDEXES = {
    "session_expires_at": "session (expires_at)",
    "sign_in_link_expires_at": "sign_in_link (expires_at)",
    "request_key_at": "request_key (at)",
    "webhook_received_at": "webhook_received (at)",
    "words_at": "words (at)",
    "round_without_offers": "round (at) WHERE offers = 0",
    "message_with_body": "message (sent_at) WHERE state = 'sent' AND params <> '{}'",
}


_VALID = text("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(:name)")


def upgrade() -> None:
    with op.get_context().autocommit_block():
        bind = op.get_bind()
        usual = bind.execute(text("SHOW lock_timeout")).scalar_one()
        # A build waits for old transactions, but nobody waits for the build.
        bind.execute(text("SET lock_timeout = '5min'"))
        for name, definition in INDEXES.items():
            valid = bind.execute(_VALID, {"name": name}).scalar_one_or_none()
            if not valid:
                # An interrupted build leaves an invalid index.
                bind.execute(text(f"DROP INDEX CONCURRENTLY IF EXISTS {name}"))
                bind.execute(text(f"CREATE INDEX CONCURRENTLY {name} ON {definition}"))
        bind.execute(text(f"SET lock_timeout = '{usual}'"))
