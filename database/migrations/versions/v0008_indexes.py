"""Indexes for what boards, rounds and estimates look up again and again."""

from pathlib import Path

from alembic import op

revision = "0008"
down_revision = "0005"


def upgrade() -> None:
    statements = Path(__file__).with_name("0008_indexes.sql").read_text()
    # The driver's own cursor: many statements in one call, and no reading of "%" as a parameter.
    op.get_bind().connection.cursor().execute(statements)
