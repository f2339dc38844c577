"""Single-use links and other personal addresses; only the hash of a token is stored."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from database.tables.base import instant, metadata

customer_link = Table(
    "customer_link",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("escalation", Uuid(as_uuid=False), ForeignKey("escalation.id"), nullable=False),
    Column("nth", SmallInteger, nullable=False),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    Column("state", Text, nullable=False),
    Column("priority", Boolean, nullable=False, server_default=text("false")),
    instant("issued_at"),
    instant("expires_at"),
    instant("used_at", nullable=True),
    UniqueConstraint("escalation", "nth"),
)

join_link = Table(
    "join_link",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("call", Uuid(as_uuid=False), ForeignKey("call.id"), nullable=False, index=True),
    Column("side", Text, nullable=False),
    Column("person", Integer, ForeignKey("person.id")),
)

survey = Table(
    "survey",
    metadata,
    Column("call", Uuid(as_uuid=False), ForeignKey("call.id"), primary_key=True),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    instant("asked_at"),
    instant("expires_at"),
)
