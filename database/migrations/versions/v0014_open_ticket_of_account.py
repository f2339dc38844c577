"""Allow at most one open escalation for each ticket of an account."""

from pathlib import Path

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    statements = Path(__file__).with_name("0014_open_ticket_of_account.sql").read_text()
    # The driver's own cursor runs many statements in one call and doesn't treat "%" as a parameter.
    op.get_bind().connection.cursor().execute(statements)
