"""Schedules: single days, time off, time kept free of calls, incoming and outgoing calendar feeds."""

from sqlalchemy import (
    ARRAY,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import TSTZRANGE

from database.tables.base import instant, metadata

# A person's settings. `feed_nth` counts the secret addresses of their ICS feed. If `edited_at` is set, the weekly
# hours were changed on a page, and seeding leaves them alone.
person_schedule = Table(
    "person_schedule",
    metadata,
    Column("person", Integer, ForeignKey("person.id"), primary_key=True, autoincrement=False),
    Column("holidays", Text, nullable=False, server_default=text("'desk'")),
    Column("feed_nth", Integer, nullable=False, server_default=text("0")),
    Column("feed_hash", LargeBinary, unique=True),
    instant("edited_at", nullable=True),
)

day_change = Table(
    "day_change",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person", Integer, ForeignKey("person.id"), nullable=False),
    Column("day", Date, nullable=False),
    Column("kind", Text, nullable=False),
    Column("start_minute", SmallInteger, nullable=False),
    Column("end_minute", SmallInteger, nullable=False),
    Column("time_zone", Text, nullable=False),
)
Index("day_change_person_day", day_change.c.person, day_change.c.day)

time_off = Table(
    "time_off",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person", Integer, ForeignKey("person.id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("during", TSTZRANGE, nullable=False),
    Column("key", Text),
    Column("said_by", Text, nullable=False),
    instant("at"),
    UniqueConstraint("person", "key"),
)

kept_free = Table(
    "kept_free",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person", Integer, ForeignKey("person.id"), nullable=False, index=True),
    Column("what", Text, nullable=False),
    Column("days", ARRAY(SmallInteger), nullable=False),
    Column("start_minute", SmallInteger, nullable=False),
    Column("end_minute", SmallInteger, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("starts_on", Date),
    Column("ends_on", Date),
)

# A calendar that Muster reads from an address or an uploaded file (then `url` is empty). `content` is the last good
# copy without its texts; `next_at` is when it will next be checked.
calendar_feed = Table(
    "calendar_feed",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person", Integer, ForeignKey("person.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("url", Text, nullable=False, server_default=text("''")),
    Column("content", LargeBinary),
    Column("content_hash", Text, nullable=False, server_default=text("''")),
    Column("etag", Text, nullable=False, server_default=text("''")),
    Column("error", Text, nullable=False, server_default=text("''")),
    Column("failures", Integer, nullable=False, server_default=text("0")),
    Column("delays", Integer, nullable=False, server_default=text("0")),
    instant("reported_at", nullable=True),
    instant("added_at"),
    instant("read_at", nullable=True),
    instant("laid_out_until", nullable=True),
    instant("next_at"),
    Column("entries", Integer, nullable=False, server_default=text("0")),
    Column("unread", Integer, nullable=False, server_default=text("0")),
    instant("first_unread", nullable=True),
)
Index("calendar_feed_next", calendar_feed.c.next_at)

calendar_busy = Table(
    "calendar_busy",
    metadata,
    Column("feed", Integer, ForeignKey("calendar_feed.id", ondelete="CASCADE"), nullable=False),
    Column("during", TSTZRANGE, nullable=False),
    PrimaryKeyConstraint("feed", "during"),
)
