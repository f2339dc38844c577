"""Rollouts, and directory names that have changed since a rules text was written."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    Uuid,
)

from database.tables.base import instant, metadata

rollout = Table(
    "rollout",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("desk", Integer, nullable=False),
    Column("candidate", Integer, nullable=False),
    Column("standing", Integer, nullable=False),
    Column("percent", SmallInteger, nullable=False),
    instant("began_at"),
    Column("began_by", Text, nullable=False),
    Column("outcome", Text),
    instant("ended_at", nullable=True),
    Column("ended_by", Text),
    ForeignKeyConstraint(["desk", "candidate"], ["ruleset.desk", "ruleset.number"]),
    ForeignKeyConstraint(["desk", "standing"], ["ruleset.desk", "ruleset.number"]),
)
Index("rollout_running", rollout.c.desk, unique=True, postgresql_where=rollout.c.ended_at.is_(None))

rollout_stage = Table(
    "rollout_stage",
    metadata,
    Column("rollout", BigInteger, ForeignKey("rollout.id"), nullable=False),
    Column("nth", SmallInteger, nullable=False),
    Column("percent", SmallInteger, nullable=False),
    instant("began_at"),
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    PrimaryKeyConstraint("rollout", "nth"),
)

staged_escalation = Table(
    "staged_escalation",
    metadata,
    Column("escalation", Uuid(as_uuid=False), ForeignKey("escalation.id"), primary_key=True),
    Column("rollout", BigInteger, ForeignKey("rollout.id"), nullable=False),
    Column("percent", SmallInteger, nullable=False),
    Column("candidate", Boolean, nullable=False),
)
Index("staged_escalation_stage", staged_escalation.c.rollout, staged_escalation.c.percent)

renaming = Table(
    "renaming",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("subject", Integer, nullable=False),
    Column("was", Text, nullable=False),
    Column("becomes", Text, nullable=False),
    Column("after_number", Integer, nullable=False),
    Column("author", Text, nullable=False),
    instant("at"),
)
