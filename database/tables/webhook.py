"""Deliveries of webhooks with their answers, and the names of deleted sources."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, Table, Text, Uuid, text

from database.tables.base import instant, metadata

webhook_delivery = Table(
    "webhook_delivery",
    metadata,
    Column("id", BigInteger, primary_key=True),
    # Empty if no source has the name that the delivery was sent to.
    Column("source", Text, nullable=False),
    instant("at"),
    # sent, tested (by the button) or replayed
    Column("origin", Text, nullable=False),
    Column("signed", Boolean, nullable=False),
    Column("kind", Text, nullable=False, server_default=text("''")),
    Column("ticket", Text, nullable=False, server_default=text("''")),
    Column("status", Integer, nullable=False),
    Column("done", Text, nullable=False, server_default=text("''")),
    Column("reason", Text, nullable=False, server_default=text("''")),
    Column("refused", Boolean, nullable=False),
    Column("escalation", Uuid(as_uuid=False)),
    Column("body", LargeBinary),
    Column("body_bytes", Integer, nullable=False, server_default=text("0")),
    # How often the same event arrived again.
    Column("repeats", Integer, nullable=False, server_default=text("0")),
    # How many others without a valid signature arrived in the same minute.
    Column("unlisted", Integer, nullable=False, server_default=text("0")),
    Column("replay_of", BigInteger),
    Column("replay_nth", Integer),
    Column("replayed_by", Text, nullable=False, server_default=text("''")),
)

Index("webhook_delivery_source", webhook_delivery.c.source, webhook_delivery.c.id)
Index("webhook_delivery_refused", webhook_delivery.c.id, postgresql_where=webhook_delivery.c.refused)
Index(
    "webhook_delivery_unsigned",
    webhook_delivery.c.source,
    webhook_delivery.c.at,
    postgresql_where=~webhook_delivery.c.signed,
)
Index("webhook_delivery_at", webhook_delivery.c.at)
Index("webhook_delivery_body", webhook_delivery.c.at, postgresql_where=webhook_delivery.c.body.is_not(None))
Index("webhook_delivery_replay", webhook_delivery.c.replay_of, webhook_delivery.c.replay_nth, unique=True)

webhook_source_deleted = Table(
    "webhook_source_deleted",
    metadata,
    Column("name", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    instant("at"),
)
