"""Seats re-shuffled: limits of each witness, the version of the roster, arrangements found ahead."""

from pathlib import Path

from alembic import op

revision = "0005"
down_revision = "0006"


def upgrade() -> None:
    statements = Path(__file__).with_name("0005_seats.sql").read_text()
    # The driver's own cursor: many statements in one call, and no reading of "%" as a parameter.
    op.get_bind().connection.cursor().execute(statements)
