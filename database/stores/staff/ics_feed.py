"""A person's ICS feed with their own shifts and calls, at a secret address that can be revoked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.journal.audit_log import write_audit
from database.tables.directory import person
from database.tables.schedule import person_schedule
from domain.ids import Tokens, token_hash


@dataclass(frozen=True)
class OwnCall:
    """A call that a person has accepted. Contains nothing about the customer."""

    id: str
    starts_at: datetime
    seconds: int
    ticket: str
    """The ticket's system and number."""
    over: bool


async def own_calendar_address(conn: AsyncConnection, who: int, tokens: Tokens) -> str | None:
    """The token in a person's current address, or None if they have no address."""
    query = select(person_schedule.c.feed_nth).where(
        person_schedule.c.person == who, person_schedule.c.feed_hash.is_not(None)
    )
    nth: int | None = (await conn.execute(query)).scalar_one_or_none()
    return None if nth is None else tokens.own_calendar(who, nth)


async def make_own_calendar(conn: AsyncConnection, who: int, tokens: Tokens, now: datetime) -> None:
    """Create a new address; the previous one stops working."""
    statement = insert(person_schedule).values(person=who, feed_nth=1)
    incremented = statement.on_conflict_do_update(
        index_elements=["person"], set_={"feed_nth": person_schedule.c.feed_nth + 1}
    )
    nth: int = (await conn.execute(incremented.returning(person_schedule.c.feed_nth))).scalar_one()
    hashed = token_hash(tokens.own_calendar(who, nth))
    await conn.execute(person_schedule.update().where(person_schedule.c.person == who).values(feed_hash=hashed))
    await write_audit(conn, f"person:{who}", "made own calendar address", f"person:{who}", now)


async def end_own_calendar(conn: AsyncConnection, who: int, actor: str, now: datetime) -> None:
    """Revoke a person's address, if there is one."""
    statement = person_schedule.update().where(
        person_schedule.c.person == who, person_schedule.c.feed_hash.is_not(None)
    )
    ended = await conn.execute(statement.values(feed_hash=None).returning(person_schedule.c.person))
    if ended.one_or_none() is not None:
        await write_audit(conn, actor, "ended own calendar address", f"person:{who}", now)


async def whose_calendar(conn: AsyncConnection, token: str) -> int | None:
    """The active person whose current address contains this token, or None."""
    query = (
        select(person_schedule.c.person)
        .join(person, person.c.id == person_schedule.c.person)
        .where(person_schedule.c.feed_hash == token_hash(token), person.c.active)
    )
    person_id: int | None = (await conn.execute(query)).scalar_one_or_none()
    return person_id


_CALLS = text("""
SELECT c.id::text, coalesce(c.starts_at, c.accepted_at) AS starts_at,
  coalesce(extract(epoch FROM c.ended_at - coalesce(c.agent_joined_at, c.starts_at, c.accepted_at))::int,
    b.seconds, 1200) AS seconds,
  e.ticket_system || ' ' || e.ticket_id AS ticket, c.ended_at IS NOT NULL AS over
FROM call c JOIN escalation e ON e.id = c.escalation LEFT JOIN booking b ON b.id = c.booking
WHERE c.person = :who AND c.accepted_at > :since
ORDER BY starts_at, c.id
""")


async def calls_of(conn: AsyncConnection, who: int, since: datetime) -> list[OwnCall]:
    """The calls that a person has accepted after ``since``, by start time."""
    return [OwnCall(*row) for row in await conn.execute(_CALLS, {"who": who, "since": since})]
