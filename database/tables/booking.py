"""Seats: pools, bookings, and the private witness that proves each booking can be served.

The exclusion constraint, the temporal foreign key to shifts and the deferrable constraints are in the
migration, because SQLAlchemy can't express them.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Computed,
    Date,
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
from sqlalchemy.dialects.postgresql import JSONB, TSTZRANGE

from database.tables.base import instant, metadata

pool = Table(
    "pool",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("desk", Integer, ForeignKey("desk.id"), nullable=False),
    Column("key", Text, nullable=False),
    Column("definition", JSONB, nullable=False),
    Column("description", Text, nullable=False),
    UniqueConstraint("desk", "key"),
)

pool_agent = Table(
    "pool_agent",
    metadata,
    Column("pool", BigInteger, ForeignKey("pool.id"), nullable=False),
    Column("person", Integer, ForeignKey("person.id"), nullable=False, index=True),
    PrimaryKeyConstraint("pool", "person"),
)

desk_day = Table(
    "desk_day",
    metadata,
    Column("desk", Integer, ForeignKey("desk.id"), nullable=False),
    Column("day", Date, nullable=False),
    Column("version", BigInteger, nullable=False, server_default=text("0")),
    PrimaryKeyConstraint("desk", "day"),
)

booking = Table(
    "booking",
    metadata,
    Column("id", BigInteger, primary_key=True),
    Column("escalation", Uuid(as_uuid=False), ForeignKey("escalation.id"), nullable=False),
    Column("link", BigInteger, ForeignKey("customer_link.id"), nullable=False),
    Column("pool", BigInteger, ForeignKey("pool.id"), nullable=False),
    instant("starts_at"),
    Column("seconds", Integer, nullable=False),
    Column("occupies", TSTZRANGE, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'sold'")),
    Column("sequence", Integer, nullable=False, server_default=text("0")),
    Column("witness_of", BigInteger, Computed("case when state = 'sold' then id end", persisted=True), nullable=True),
    instant("booked_at"),
    # Null while the booking is as it was made.
    instant("changed_at", nullable=True),
    UniqueConstraint("id", "pool", name="booking_id_pool_key"),
    UniqueConstraint("id", "occupies", name="booking_id_occupies_key"),
)
# A link books at most one call; moving the call keeps the row.
Index("booking_one_a_link", booking.c.link, unique=True)
Index("booking_escalation_idx", booking.c.escalation)

# A witness's limits, as written by `domain/seats/demand.py`.
seat_terms = Table(
    "seat_terms",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("terms", JSONB, nullable=False, unique=True),
)

witness = Table(
    "witness",
    metadata,
    Column("booking", BigInteger, primary_key=True, autoincrement=False),
    Column("pool", BigInteger, nullable=False),
    Column("person", Integer, nullable=False),
    Column("during", TSTZRANGE, nullable=False),
    Column("day", Date, nullable=False),
    Column("nth", SmallInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("terms", Integer, ForeignKey("seat_terms.id")),
    Column("pinned", Boolean, nullable=False, server_default=text("false")),
)
Index("witness_day_idx", witness.c.day, witness.c.version)

# People who are given no seats before `until`, even if they are on shift: they are in a call, or above the occupancy
# limit.
engaged = Table(
    "engaged",
    metadata,
    Column("person", Integer, ForeignKey("person.id"), primary_key=True),
    instant("until"),
    Column("why", Text, nullable=False),
)

# A single row: triggers increment its version when a shift, a pool's members or a person's team, title or account
# changes.
roster = Table(
    "roster",
    metadata,
    Column("id", SmallInteger, primary_key=True, server_default=text("1")),
    Column("version", BigInteger, nullable=False, server_default=text("0")),
)

# A start time that can be sold if these witnesses move; proven again each time it is used.
seat_room = Table(
    "seat_room",
    metadata,
    Column("pool", BigInteger, ForeignKey("pool.id", ondelete="CASCADE"), nullable=False),
    Column("terms", Integer, ForeignKey("seat_terms.id"), nullable=False),
    Column("occupies", TSTZRANGE, nullable=False),
    Column("day", Date, nullable=False, index=True),
    Column("person", Integer, nullable=False),
    Column("moves", JSONB, nullable=False),
    instant("found_at"),
    PrimaryKeyConstraint("pool", "terms", "occupies"),
)
