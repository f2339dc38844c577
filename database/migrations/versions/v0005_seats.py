"""Store what reshuffling seats needs: witnesses' limits, the roster's version, and arrangements found in advance."""

from pathlib import Path

from alembic import op

revision = "0005"
down_revision = "0006"


def upgrade() -> None:
    statements = Path(__file__).with_name("0005_seats.sql").read_text()
    # The driver's own cursor runs many statements in one call and doesn't treat "%" as a parameter.
    op.get_bind().connection.cursor().execute(statements)
