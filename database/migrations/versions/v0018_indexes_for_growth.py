"""Indexes with which retention stays fast in tables of millions of rows."""

from database.migrations.concurrent_indexes import build_indexes

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


def upgrade() -> None:
    build_indexes(INDEXES)
