"""What customers ask of the team from their page."""

from sqlalchemy import BigInteger, Column, Identity, Index, Integer, PrimaryKeyConstraint, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from database.tables.base import instant, metadata

# Its escalation and link are named without foreign keys, so that creating it locked no other table.
customer_request = Table(
    "customer_request",
    metadata,
    Column("id", BigInteger, Identity(always=True)),
    Column("escalation", Uuid(as_uuid=False), nullable=False),
    Column("link", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'open'")),
    Column("wishes", JSONB, nullable=False, server_default=text("'{}'")),
    Column("note", Text, nullable=False, server_default=text("''")),
    instant("asked_at"),
    instant("answered_at", nullable=True),
    Column("answered_by", Integer),
    # A slot held for the customer until then.
    Column("booking", BigInteger),
    instant("held_until", nullable=True),
    PrimaryKeyConstraint("id"),
)
Index(
    "customer_request_pending",
    customer_request.c.escalation,
    unique=True,
    postgresql_where=customer_request.c.state.in_(["open", "held"]),
)
Index("customer_request_escalation", customer_request.c.escalation, customer_request.c.id)
