"""Who is in a call or above the occupancy limit, as far as seats must know of it."""

from pathlib import Path

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    statements = Path(__file__).with_name("0010_engaged.sql").read_text()
    # The driver's own cursor: many statements in one call, and no reading of "%" as a parameter.
    op.get_bind().connection.cursor().execute(statements)
