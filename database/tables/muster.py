"""Calls, the rounds that find people for them, and the offers of those rounds."""

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from database.tables.base import instant, metadata

call = Table(
    "call",
    metadata,
    Column("id", Uuid(as_uuid=False), primary_key=True),
    Column("escalation", Uuid(as_uuid=False), ForeignKey("escalation.id"), nullable=False),
    Column("nth", SmallInteger, nullable=False),
    Column("booking", BigInteger, ForeignKey("booking.id")),
    Column("state", Text, nullable=False),
    Column("priority", Integer, nullable=False, server_default=text("0")),
    instant("starts_at", nullable=True),
    instant("muster_at"),
    instant("search_began_at", nullable=True),
    Column("step", SmallInteger, nullable=False, server_default=text("0")),
    Column("skipped", Integer, nullable=False, server_default=text("0")),
    # `search_clock.stood` when this search was last brought up to date, and when the latest standstill ended for it.
    Column("stood", Double, nullable=False, server_default=text("0")),
    instant("interrupted_at", nullable=True),
    instant("step_at", nullable=True),
    Column("room", Text, nullable=False, server_default=text("''")),
    Column("person", Integer, ForeignKey("person.id")),
    Column("team", Integer, ForeignKey("team.id")),
    Column("title", Integer, ForeignKey("title.id")),
    Column("attribution", JSONB),
    instant("accepted_at", nullable=True),
    instant("customer_joined_at", nullable=True),
    instant("agent_joined_at", nullable=True),
    instant("ended_at", nullable=True),
    instant("wrapped_up_at", nullable=True),
    # What the waiting customer has seen since the last round: place, estimate, and when the place last got worse.
    Column("place", SmallInteger),
    Column("estimate", Text),
    instant("put_back_at", nullable=True),
    # When the customer reported that nobody else is in the room; null again once the agent has rejoined.
    instant("alone_at", nullable=True),
    # When the customer was notified that the call may start late.
    instant("told_late_at", nullable=True),
    UniqueConstraint("escalation", "nth"),
)
Index("call_due", call.c.muster_at, postgresql_where=call.c.state == "waiting")
Index("call_person_accepted", call.c.person, call.c.accepted_at)

round = Table(
    "round",
    metadata,
    Column("id", BigInteger, primary_key=True),
    instant("at"),
    Column("calls", Integer, nullable=False),
    Column("offers", Integer, nullable=False),
    Column("took_ms", Integer, nullable=False),
)

# A single row: the clock that all searches share. `stood` is in seconds.
search_clock = Table(
    "search_clock",
    metadata,
    Column("id", SmallInteger, primary_key=True, server_default=text("1")),
    instant("ran_at"),
    instant("stopped_at", nullable=True),
    instant("resumed_at", nullable=True),
    Column("stood", Double, nullable=False, server_default=text("0")),
)

# Since when a part of Muster has reported without a break that it works, and when it last did.
part_beat = Table("part_beat", metadata, Column("part", Text, primary_key=True), instant("since"), instant("at"))

# Rounds held, by minute of the hour, and other figures that one process leaves for the others to show.
round_minute = Table(
    "round_minute",
    metadata,
    Column("slot", SmallInteger, primary_key=True, autoincrement=False),
    instant("minute"),
    Column("rounds", Integer, nullable=False),
)
figure = Table(
    "figure",
    metadata,
    Column("what", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
    instant("at"),
)

offer = Table(
    "offer",
    metadata,
    Column("call", Uuid(as_uuid=False), ForeignKey("call.id"), nullable=False),
    Column("nth", SmallInteger, nullable=False),
    Column("person", Integer, ForeignKey("person.id"), nullable=False),
    Column("round", BigInteger, ForeignKey("round.id"), nullable=False),
    Column("state", Text, nullable=False),
    Column("step", SmallInteger, nullable=False, server_default=text("0")),
    Column("why", JSONB, nullable=False),
    instant("made_at"),
    instant("expires_at"),
    instant("answered_at", nullable=True),
    PrimaryKeyConstraint("call", "nth"),
)
Index("offer_live_agent", offer.c.person, unique=True, postgresql_where=offer.c.state.in_(["offered", "accepted"]))
Index("offer_live_call", offer.c.call, unique=True, postgresql_where=offer.c.state.in_(["offered", "accepted"]))
Index("offer_round", offer.c.round)
Index("offer_person_made", offer.c.person, offer.c.made_at)
Index("offer_expiry", offer.c.expires_at, postgresql_where=offer.c.state == "offered")

guard = Table(
    "guard",
    metadata,
    Column("desk", Integer, ForeignKey("desk.id"), primary_key=True, autoincrement=False),
    Column("occupancy_limit", SmallInteger, nullable=False),
)

# The auditor's repairs, counted by kind.
repair = Table(
    "repair",
    metadata,
    Column("what", Text, primary_key=True),
    Column("times", BigInteger, nullable=False),
    instant("last_at"),
)

# Requests by support ops to rebuild a workflow, which a worker answers.
rebuild_request = Table(
    "rebuild_request",
    metadata,
    Column("id", Uuid(as_uuid=False), primary_key=True),
    Column("escalation", Uuid(as_uuid=False), ForeignKey("escalation.id", ondelete="CASCADE"), nullable=False),
    Column("asked_by", Text, nullable=False),
    instant("asked_at"),
    instant("answered_at", nullable=True),
    Column("answer", Text),
    Column("last_error", Text, nullable=False, server_default=""),
)
Index("rebuild_request_escalation", rebuild_request.c.escalation, rebuild_request.c.asked_at)
Index(
    "rebuild_request_open",
    rebuild_request.c.escalation,
    unique=True,
    postgresql_where=rebuild_request.c.answered_at.is_(None),
)

# Rows removed at an age, counted by kind.
removal = Table(
    "removal",
    metadata,
    Column("what", Text, primary_key=True),
    Column("removed", BigInteger, nullable=False),
    instant("last_at"),
)

wrap_up = Table(
    "wrap_up",
    metadata,
    Column("call", Uuid(as_uuid=False), ForeignKey("call.id"), primary_key=True),
    Column("resolved", Text, nullable=False),
    Column("cause", Text, nullable=False, server_default=text("''")),
    Column("product_area", Text, nullable=False, server_default=text("''")),
    Column("gap", Text, nullable=False, server_default=text("''")),
    Column("follow_up", Text, nullable=False, server_default=text("''")),
    Column("note", Text, nullable=False, server_default=text("''")),
    Column("person", Integer, ForeignKey("person.id"), nullable=False),
    instant("at"),
)

rating = Table(
    "rating",
    metadata,
    Column("call", Uuid(as_uuid=False), ForeignKey("call.id"), primary_key=True),
    Column("escalation", Uuid(as_uuid=False), ForeignKey("escalation.id"), nullable=False, index=True),
    Column("score", SmallInteger, nullable=False),
    Column("comment", Text, nullable=False, server_default=text("''")),
    instant("at"),
    Column("revision", SmallInteger, nullable=False, server_default=text("1")),
    # The rating that the last one has replaced; null unless it was changed.
    Column("first_score", SmallInteger),
    Column("first_comment", Text),
    instant("changed_at", nullable=True),
)

# A customer who gave a low score wants to be called back. Without a title, managers own it; without a team, all who
# have the title.
follow_up = Table(
    "follow_up",
    metadata,
    Column("call", Uuid(as_uuid=False), primary_key=True),
    Column("escalation", Uuid(as_uuid=False), nullable=False),
    Column("title", Integer),
    Column("team", Integer),
    instant("asked_at"),
    instant("due_at"),
    instant("alerted_at", nullable=True),
    instant("done_at", nullable=True),
    Column("done_by", Integer),
    Column("note", Text, nullable=False, server_default=text("''")),
)
Index("follow_up_escalation", follow_up.c.escalation)
Index("follow_up_open", follow_up.c.due_at, postgresql_where=follow_up.c.done_at.is_(None))
