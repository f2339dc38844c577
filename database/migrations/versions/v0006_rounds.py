"""Add waiting-line estimates, the occupancy limit and repair counts."""

from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0007"


def upgrade() -> None:
    statements = Path(__file__).with_name("0006_rounds.sql").read_text()
    # The driver's own cursor runs many statements in one call and doesn't treat "%" as a parameter.
    op.get_bind().connection.cursor().execute(statements)
