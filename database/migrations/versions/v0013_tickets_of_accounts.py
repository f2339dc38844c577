"""A ticket is told apart by its help desk's account, too."""

from pathlib import Path

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    statements = Path(__file__).with_name("0013_tickets_of_accounts.sql").read_text()
    # The driver's own cursor: many statements in one call, and no reading of "%" as a parameter.
    op.get_bind().connection.cursor().execute(statements)
