"""Record who can't be given seats for now, because they are in a call or above the occupancy limit."""

from pathlib import Path

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    statements = Path(__file__).with_name("0010_engaged.sql").read_text()
    # The driver's own cursor runs many statements in one call and doesn't treat "%" as a parameter.
    op.get_bind().connection.cursor().execute(statements)
