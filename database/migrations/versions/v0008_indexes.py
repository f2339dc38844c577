"""Indexes for the frequent queries of boards, rounds and estimates."""

from pathlib import Path

from alembic import op

revision = "0008"
down_revision = "0005"


def upgrade() -> None:
    statements = Path(__file__).with_name("0008_indexes.sql").read_text()
    # The driver's own cursor runs many statements in one call and doesn't treat "%" as a parameter.
    op.get_bind().connection.cursor().execute(statements)
