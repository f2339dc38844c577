"""Allow one person per email address, ignoring case; store each shift's whole working time and the part for calls."""

from pathlib import Path

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    statements = Path(__file__).with_name("0009_one_address.sql").read_text()
    # The driver's own cursor runs many statements in one call and doesn't treat "%" as a parameter.
    op.get_bind().connection.cursor().execute(statements)
