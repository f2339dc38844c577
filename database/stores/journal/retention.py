"""Removing rows that have reached their age, in batches that hold no lock for long."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.retention import Expiring

BATCH = 500
"""Maximum rows per transaction."""


def _delete(table: str, expired: str) -> TextClause:
    """A statement that removes one batch, oldest rows first. Skips rows that somebody has locked."""
    return text(f"""
    DELETE FROM {table} WHERE ctid = ANY(ARRAY(
      SELECT ctid FROM {table} WHERE {expired} LIMIT :most FOR UPDATE SKIP LOCKED))
    """)


# Each condition is served by an index, so that a batch takes as long in a large table as in a small one.
_REMOVE: Mapping[Expiring, TextClause] = {
    Expiring.SESSIONS: _delete("session", "expires_at < :before ORDER BY expires_at"),
    Expiring.SIGN_IN_LINKS: _delete("sign_in_link", "expires_at < :before ORDER BY expires_at"),
    Expiring.REQUEST_KEYS: _delete("request_key", "at < :before ORDER BY at"),
    Expiring.RECEIVED_WEBHOOKS: _delete("webhook_received", "at < :before ORDER BY at"),
    Expiring.WEBHOOK_DELIVERIES: _delete("webhook_delivery", "at < :before ORDER BY at"),
    Expiring.WEBHOOK_BODIES: text("""
    UPDATE webhook_delivery SET body = NULL WHERE ctid = ANY(ARRAY(
      SELECT ctid FROM webhook_delivery WHERE body IS NOT NULL AND at < :before
      ORDER BY at LIMIT :most FOR UPDATE SKIP LOCKED))
    """),
    Expiring.ROUNDS: _delete(
        "round", "offers = 0 AND at < :before AND NOT EXISTS (SELECT FROM offer o WHERE o.round = round.id) ORDER BY at"
    ),
    Expiring.MESSAGE_BODIES: text("""
    UPDATE message SET params = '{}' WHERE ctid = ANY(ARRAY(
      SELECT ctid FROM message WHERE state = 'sent' AND params <> '{}' AND sent_at < :before
      ORDER BY sent_at LIMIT :most FOR UPDATE SKIP LOCKED))
    """),
    Expiring.FREE_TEXT: _delete("words", "at < :before ORDER BY at"),
    Expiring.CALL_PAGES: _delete("call_peer", "seen_at < :before ORDER BY seen_at"),
    Expiring.CALL_SIGNALS: _delete("call_signal", "at < :before ORDER BY at"),
}

_COUNT = text("""
INSERT INTO removal AS r (what, removed, last_at) VALUES (:what, :removed, now())
ON CONFLICT (what) DO UPDATE SET removed = r.removed + excluded.removed, last_at = excluded.last_at
""")


async def remove_batch(conn: AsyncConnection, what: Expiring, before: datetime) -> int:
    """Remove at most ``BATCH`` rows older than ``before``, and count them; returns their number."""
    removed = (await conn.execute(_REMOVE[what], {"before": before, "most": BATCH})).rowcount
    await count_removed(conn, what.value, removed)
    return removed


async def count_removed(conn: AsyncConnection, what: str, removed: int) -> None:
    """Add to the total since installation, which the metrics show."""
    if removed:
        await conn.execute(_COUNT, {"what": what, "removed": removed})


async def removed_so_far(conn: AsyncConnection) -> dict[str, int]:
    """Number of rows removed since installation, by kind."""
    return {
        row.what: row.removed for row in await conn.execute(text("SELECT what, removed FROM removal ORDER BY what"))
    }
