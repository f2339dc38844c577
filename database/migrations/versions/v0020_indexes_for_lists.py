"""Indexes with which lists, the auditor, the board, reports and the archive stay fast with years of escalations."""

from alembic import op
from sqlalchemy import text

from database.migrations.concurrent_indexes import build_indexes

revision = "0020"
down_revision = "0019"

INDEXES = {
    "escalation_updated_at": "escalation (updated_at, id)",
    "escalation_to_archive": "escalation (closed_at) WHERE archived_at IS NULL AND closed_at IS NOT NULL",
    "escalation_not_over": "escalation (id) WHERE state NOT IN ('closed', 'refused')",
    "call_searching": "call (muster_at) WHERE state IN ('waiting', 'offered')",
    "call_ended_at": "call (ended_at)",
    "message_failed": "message (escalation) WHERE state = 'failed'",
    "escalation_ticket_words": "escalation USING gin (ticket_id gin_trgm_ops, subject gin_trgm_ops)",
    "customer_words": "customer USING gin (name gin_trgm_ops, email gin_trgm_ops)",
}


def upgrade() -> None:
    op.get_bind().execute(text("CREATE EXTENSION IF NOT EXISTS pg_trgm"))
    build_indexes(INDEXES)
