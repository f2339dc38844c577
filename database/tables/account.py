"""Sessions, sign-in links, tokens, published rules, webhooks and the audit log."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from database.tables.base import instant, metadata

session = Table(
    "session",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("person", Integer, ForeignKey("person.id"), nullable=False, index=True),
    instant("began_at"),
    instant("expires_at"),
)

sign_in_link = Table(
    "sign_in_link",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("person", Integer, ForeignKey("person.id"), nullable=False),
    instant("expires_at"),
    instant("used_at", nullable=True),
)

api_token = Table(
    "api_token",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("scopes", ARRAY(Text), nullable=False),
    instant("created_at"),
    instant("revoked_at", nullable=True),
)

ruleset = Table(
    "ruleset",
    metadata,
    Column("desk", Integer, ForeignKey("desk.id"), nullable=False),
    Column("version", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    instant("published_at"),
    instant("adopted_at", nullable=True),
    PrimaryKeyConstraint("desk", "number"),
)

webhook_source = Table(
    "webhook_source",
    metadata,
    Column("name", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("secret", Text, nullable=False),
    Column("account", Text, nullable=False, server_default=text("''")),
    Column("words", JSONB, nullable=False, server_default=text("'{}'")),
    instant("secret_set_at", nullable=True),
    instant("secret_used_at", nullable=True),
    # The secret that replaces the first, once that is ended. Webhooks signed with either are accepted.
    Column("next_secret", Text),
    instant("next_secret_set_at", nullable=True),
    instant("next_secret_used_at", nullable=True),
)

# Each account belongs to only one source.
Index(
    "webhook_source_account",
    webhook_source.c.account,
    unique=True,
    postgresql_where=webhook_source.c.account != "",
)

webhook_received = Table(
    "webhook_received",
    metadata,
    Column("source", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("fingerprint", Text, nullable=False, server_default=text("''")),
    Column("answer", JSONB),
    instant("at"),
    Column("delivery", BigInteger),
    PrimaryKeyConstraint("source", "event"),
)

audit_entry = Table(
    "audit_entry",
    metadata,
    Column("id", BigInteger, primary_key=True),
    instant("at"),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", JSONB, nullable=False, server_default=text("'{}'")),
)
