"""Fill in the account of each open or recent ticket, and of the webhook source if there is only one.

Separate from the migration that adds the column, so that the table isn't locked while rows are rewritten.
"""

from alembic import op
from sqlalchemy import text

from domain.tickets.reference import account_of

revision = "0013"
down_revision = "0012"

_WANTED = text("""
SELECT id, ticket_system, ticket_url FROM escalation WHERE ticket_url <> '' AND (
  state IN ('invited', 'booked', 'mustering', 'accepted', 'on_call', 'wrapping_up')
  OR id IN (SELECT id FROM escalation ORDER BY opened_at DESC, id DESC LIMIT 200)
)
""")
_TOLD = text("UPDATE escalation SET ticket_account = :account WHERE id = :id")


def upgrade() -> None:
    bind = op.get_bind()
    bind.execute(text("ALTER TABLE webhook_source ADD COLUMN account TEXT NOT NULL DEFAULT ''"))
    bind.execute(text("CREATE UNIQUE INDEX webhook_source_account ON webhook_source (account) WHERE account <> ''"))
    rows = bind.execute(_WANTED).all()
    told = [{"id": row.id, "account": account_of(row.ticket_url)} for row in rows]
    if told:
        bind.execute(_TOLD, told)
    known = {account_of(row.ticket_url) for row in rows if row.ticket_system == "zendesk"} - {""}
    sources = bind.execute(text("SELECT name FROM webhook_source WHERE kind = 'zendesk'")).scalars().all()
    if len(known) == len(sources) == 1:
        bind.execute(text("UPDATE webhook_source SET account = :account"), {"account": known.pop()})
