"""Shifts: days, time off, time kept free of calls, and calendars."""

from pathlib import Path

from alembic import op

revision = "0007"
down_revision = "0004"


def upgrade() -> None:
    statements = Path(__file__).with_name("0007_shifts.sql").read_text()
    # The driver's own cursor runs many statements in one call and doesn't treat "%" as a parameter.
    op.get_bind().connection.cursor().execute(statements)
