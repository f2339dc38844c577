"""Give each ticket the account, help desk and number that its address names, as openings now do.

Rows are rewritten in batches, each in a transaction of its own. An open escalation is left as it is if another one is
open for the same ticket: `muster doctor` lists both.
"""

from alembic import op
from sqlalchemy import Connection, text

from database.migrations.concurrent_indexes import build_indexes
from domain.tickets.account import AccountSource, identify

revision = "0022"
down_revision = "0021"

OPEN = "('invited', 'booked', 'mustering', 'accepted', 'on_call', 'wrapping_up')"
BATCH = 1000
FIRST = "00000000-0000-0000-0000-000000000000"
_BATCH = text(f"""
SELECT id, ticket_system, ticket_account, ticket_id, ticket_url, state IN {OPEN} AS open FROM escalation
WHERE id > CAST(:after AS uuid) AND ticket_url <> '' AND (ticket_account = '' OR state IN {OPEN})
ORDER BY id LIMIT :batch
""")
_SOURCES = text("SELECT name, kind, account FROM webhook_source")
_TOLD = text(f"""
UPDATE escalation e SET ticket_system = :system, ticket_account = :account, ticket_id = :number WHERE e.id = :id
AND (e.state NOT IN {OPEN} OR NOT EXISTS (
  SELECT FROM escalation other WHERE other.id <> e.id AND other.state IN {OPEN}
  AND other.ticket_account = :account AND other.ticket_id = :number
))
""")
_NAMED = text(f"""
UPDATE escalation e SET ticket_account = s.account FROM webhook_source s
WHERE s.account <> '' AND e.ticket_account = s.name AND e.opened_by = 'webhook:' || s.name AND e.state IN {OPEN}
AND NOT EXISTS (
  SELECT FROM escalation other WHERE other.state IN {OPEN}
  AND other.ticket_account = s.account AND other.ticket_id = e.ticket_id
)
""")


def upgrade() -> None:
    build_indexes({"escalation_open_ticket_id": f"escalation (ticket_id) WHERE state IN {OPEN}"})
    with op.get_context().autocommit_block():
        bind = op.get_bind()
        sources = [AccountSource(row.name, row.kind, row.account) for row in bind.execute(_SOURCES)]
        after = FIRST
        while after:
            after = _tell_apart(bind, sources, after)
        bind.execute(_NAMED)


def _tell_apart(bind: Connection, sources: list[AccountSource], after: str) -> str:
    """Rewrite one batch; returns the last id, or an empty string after the last batch."""
    rows = bind.execute(_BATCH, {"after": after, "batch": BATCH}).all()
    told = []
    for row in rows:
        # What a source or an earlier release knew of the account counts more than the address.
        found = identify(row.ticket_system, row.ticket_id, row.ticket_url, sources, row.ticket_account)
        stands = (row.ticket_system, row.ticket_account, row.ticket_id)
        if found is None:
            continue
        # An archived escalation's file is named after its help desk and number.
        own = (found.system, found.account, found.id) if row.open else (row.ticket_system, found.account, row.ticket_id)
        if own != stands:
            told.append({"id": row.id} | dict(zip(("system", "account", "number"), own, strict=True)))
    if told:
        bind.execute(_TOLD, told)
    return str(rows[-1].id) if len(rows) == BATCH else ""
