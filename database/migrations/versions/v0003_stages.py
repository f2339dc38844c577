"""Add publishing in stages, renamings, and deletions from the directory."""

from pathlib import Path

from alembic import op

revision = "0003"
down_revision = "0001"


def upgrade() -> None:
    statements = Path(__file__).with_name("0003_stages.sql").read_text()
    # The driver's own cursor runs many statements in one call and doesn't treat "%" as a parameter.
    op.get_bind().connection.cursor().execute(statements)
