"""The organisation (`desk`), its teams, titles, skills, people and shifts."""

from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSTZRANGE

from database.tables.base import instant, metadata

desk = Table(
    "desk",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("holidays", JSONB, nullable=False, server_default=text("'[]'")),
    Column("facts", JSONB, nullable=False, server_default=text("'[]'")),
    Column("ruleset", Text),
    Column("directory_version", Integer, nullable=False, server_default=text("1")),
    Column("holiday_region", Text, nullable=False, server_default=text("''")),
)

title = Table(
    "title",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    instant("retired_at", nullable=True),
)

skill = Table(
    "skill",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    instant("retired_at", nullable=True),
)

team = Table(
    "team",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("address", Text, nullable=False),
    Column("lead_title", Integer, ForeignKey("title.id")),
    instant("retired_at", nullable=True),
)

person = Table(
    "person",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False, unique=True),
    Column("team", Integer, ForeignKey("team.id")),
    Column("title", Integer, ForeignKey("title.id")),
    Column("languages", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("roles", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("password_hash", Text),
    Column("active", Boolean, nullable=False, server_default=text("true")),
)
Index("person_email_lower_key", func.lower(person.c.email), unique=True)

person_skill = Table(
    "person_skill",
    metadata,
    Column("person", Integer, ForeignKey("person.id"), nullable=False),
    Column("skill", Integer, ForeignKey("skill.id"), nullable=False),
    Column("level", SmallInteger, nullable=False),
    PrimaryKeyConstraint("person", "skill"),
)

weekly_shift = Table(
    "weekly_shift",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person", Integer, ForeignKey("person.id"), nullable=False, index=True),
    Column("days", ARRAY(SmallInteger), nullable=False),
    Column("start_minute", SmallInteger, nullable=False),
    Column("end_minute", SmallInteger, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("starts_on", Date),
    Column("ends_on", Date),
)

# Schedules as spans of time, merged where they touch. The primary key is `(person, during without overlaps)`,
# which a witness references by a temporal foreign key. `works` is the whole shift that this span is part of,
# including meetings and lunch; null if the span is the whole shift.
shift = Table(
    "shift",
    metadata,
    Column("person", Integer, ForeignKey("person.id"), nullable=False),
    Column("during", TSTZRANGE, nullable=False),
    Column("works", TSTZRANGE),
)

presence = Table(
    "presence",
    metadata,
    Column("person", Integer, ForeignKey("person.id"), primary_key=True),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False, server_default=text("''")),
    instant("since"),
    instant("seen_at"),
)

# The directory as the rules saw it when an escalation was opened; append-only.
directory_snapshot = Table(
    "directory_snapshot",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("directory", JSONB, nullable=False),
    instant("taken_at"),
)
