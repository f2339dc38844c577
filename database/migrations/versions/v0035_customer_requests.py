"""What customers ask of the team from their page."""

from pathlib import Path

from alembic import op

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    statements = Path(__file__).with_name("0035_customer_requests.sql").read_text()
    # The driver's own cursor runs many statements in one call and doesn't treat "%" as a parameter.
    op.get_bind().connection.cursor().execute(statements)
