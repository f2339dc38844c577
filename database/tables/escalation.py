"""Escalations, their timeline and their messages."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from database.tables.base import instant, metadata

customer = Table(
    "customer",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("email", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("time_zone", Text, nullable=False, server_default=text("''")),
    Column("language", Text, nullable=False, server_default=text("''")),
    Column("phone", Text, nullable=False, server_default=text("''")),
)

escalation = Table(
    "escalation",
    metadata,
    Column("id", Uuid(as_uuid=False), primary_key=True),
    Column("desk", Integer, ForeignKey("desk.id"), nullable=False),
    Column("ticket_system", Text, nullable=False),
    Column("ticket_account", Text, nullable=False, server_default=text("''")),
    Column("ticket_id", Text, nullable=False),
    Column("ticket_url", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("facts", JSONB, nullable=False),
    Column("customer", BigInteger, ForeignKey("customer.id"), nullable=False, index=True),
    Column("customer_named", Text, nullable=False, server_default=text("''")),
    Column("customer_zone", Text, nullable=False, server_default=text("''")),
    Column("mode", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("outcome", Text),
    Column("priority", Integer, nullable=False, server_default=text("0")),
    Column("plan", JSONB, nullable=False),
    Column("ruleset", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("directory", Text, ForeignKey("directory_snapshot.hash")),
    Column("pool", BigInteger, ForeignKey("pool.id")),
    Column("team", Integer, ForeignKey("team.id")),
    Column("opened_by", Text, nullable=False),
    Column("seq", Integer, nullable=False, server_default=text("0")),
    instant("opened_at"),
    instant("updated_at"),
    instant("closed_at", nullable=True),
    instant("archived_at", nullable=True),
    instant("ticket_created_at", nullable=True),
    instant("ticket_solved_at", nullable=True),
    instant("ticket_reopened_at", nullable=True),
    Column("ticket_replies", Integer),
    Column("conversation", JSONB, nullable=False, server_default=text("'[]'")),
)
NAMED_HERE = func.coalesce(func.nullif(escalation.c.customer_named, ""), customer.c.name)
"""The customer's name as this ticket gave it; in escalations of earlier releases, the name in the customer's row."""
ZONE_HERE = func.coalesce(func.nullif(escalation.c.customer_zone, ""), customer.c.time_zone)
"""The time zone in which the customer booked, otherwise the one given with this ticket, otherwise the one in the
customer's row. May be empty, or unknown to the time-zone database."""
# A ticket has at most one escalation whose call is not yet wrapped up.
Index(
    "escalation_open_ticket_of_account",
    escalation.c.desk,
    escalation.c.ticket_system,
    escalation.c.ticket_account,
    escalation.c.ticket_id,
    unique=True,
    postgresql_where=escalation.c.state.in_(["invited", "booked", "mustering", "accepted", "on_call", "wrapping_up"]),
)
Index(
    "escalation_open_ticket_id",
    escalation.c.ticket_id,
    postgresql_where=escalation.c.state.in_(["invited", "booked", "mustering", "accepted", "on_call", "wrapping_up"]),
)
Index("escalation_state_updated", escalation.c.state, escalation.c.updated_at)
Index("escalation_opened_at", escalation.c.opened_at, escalation.c.id)
Index("escalation_opened_by", escalation.c.opened_by, escalation.c.opened_at)

escalation_event = Table(
    "escalation_event",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("escalation", Uuid(as_uuid=False), ForeignKey("escalation.id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", JSONB, nullable=False),
    Column("actor", Text, nullable=False),
    Column("key", Text),
    instant("at"),
    instant("told_at", nullable=True),
    UniqueConstraint("escalation", "seq"),
    UniqueConstraint("escalation", "key"),
)
Index("escalation_event_untold", escalation_event.c.id, postgresql_where=escalation_event.c.told_at.is_(None))
Index("escalation_event_kind_at", escalation_event.c.kind, escalation_event.c.at)

request_key = Table(
    "request_key",
    metadata,
    Column("scope", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("escalation", Uuid(as_uuid=False), ForeignKey("escalation.id"), nullable=False),
    instant("at"),
    PrimaryKeyConstraint("scope", "key"),
)

message = Table(
    "message",
    metadata,
    Column("id", Uuid(as_uuid=False), primary_key=True),
    Column("escalation", Uuid(as_uuid=False), ForeignKey("escalation.id")),
    Column("key", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("params", JSONB, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'queued'")),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("last_error", Text, nullable=False, server_default=text("''")),
    instant("created_at"),
    instant("next_attempt_at"),
    instant("sent_at", nullable=True),
    # Null for messages of earlier releases.
    instant("waits_since", nullable=True),
    UniqueConstraint("escalation", "key"),
)
Index("message_due", message.c.next_attempt_at, postgresql_where=message.c.state == "queued")

# Free text (a comment, a reason), stored before the workflow is signalled, so that histories contain a
# reference and never the text.
words = Table(
    "words",
    metadata,
    Column("ref", Uuid(as_uuid=False), primary_key=True),
    Column("text", Text, nullable=False),
    instant("at"),
)
