"""Indexes with which the list of escalations is filtered by team and by rule, and the rules in use are listed."""

from database.migrations.concurrent_indexes import build_indexes

revision = "0033"
down_revision = "0032"

INDEXES = {
    "escalation_rule_updated": "escalation (rule, updated_at, id)",
    "escalation_team_updated": "escalation (team, updated_at, id)",
}


def upgrade() -> None:
    build_indexes(INDEXES)
