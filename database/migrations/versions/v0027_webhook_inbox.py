"""Keep each webhook delivery with its answer, two secrets of a source, and the names of deleted sources."""

from pathlib import Path

from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    statements = Path(__file__).with_name("0027_webhook_inbox.sql").read_text()
    # The driver's own cursor runs many statements in one call and doesn't treat "%" as a parameter.
    op.get_bind().connection.cursor().execute(statements)
