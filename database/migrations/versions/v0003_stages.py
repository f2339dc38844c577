"""Publishing by stages, names that change, and what is deleted from the directory."""

from pathlib import Path

from alembic import op

revision = "0003"
down_revision = "0001"


def upgrade() -> None:
    statements = Path(__file__).with_name("0003_stages.sql").read_text()
    # The driver's own cursor: many statements in one call, and no reading of "%" as a parameter.
    op.get_bind().connection.cursor().execute(statements)
