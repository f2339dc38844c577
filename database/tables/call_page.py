"""The two sides' pages in a call, and what they send each other to connect.

Both tables are unlogged: a crash of the database empties them, and both pages say again where they are. They reference
no other table, so that creating them locks none; their rows go when the call ends, or at their age.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Identity,
    Index,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)

from database.tables.base import instant, metadata

call_peer = Table(
    "call_peer",
    metadata,
    Column("call", Uuid(as_uuid=False), nullable=False),
    Column("side", Text, nullable=False),
    Column("page", Text, nullable=False),
    instant("since"),
    instant("seen_at"),
    instant("left_at", nullable=True),
    instant("lost_at", nullable=True),
    Column("times_lost", SmallInteger, nullable=False, server_default=text("0")),
    PrimaryKeyConstraint("call", "side"),
    prefixes=["UNLOGGED"],
)
Index("call_peer_seen", call_peer.c.seen_at)

call_signal = Table(
    "call_signal",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("call", Uuid(as_uuid=False), nullable=False),
    Column("to_side", Text, nullable=False),
    Column("from_page", Text, nullable=False),
    Column("to_page", Text, nullable=False),
    Column("body", Text, nullable=False),
    instant("at"),
    prefixes=["UNLOGGED"],
)
Index("call_signal_call", call_signal.c.call, call_signal.c.id)
Index("call_signal_at", call_signal.c.at)
