"""Sessions and one-time sign-in links. Only hashes of their secrets are stored."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.account import session, sign_in_link
from database.tables.directory import person
from domain.ids import token_hash
from domain.sign_in import Account, SignInLinkExpired, SignInLinkUnknown, SignInLinkUsed, SignInRefused

_ACCOUNT = (person.c.id, person.c.name, person.c.email, person.c.roles, person.c.password_hash)


@dataclass(frozen=True)
class Session:
    account: Account
    expires_at: datetime
    time_zone: str
    """The organisation's time zone."""


_SESSIONS = text("""
SELECT p.id, p.name, p.email, p.roles, p.password_hash, s.token_hash, s.expires_at,
  (SELECT time_zone FROM desk ORDER BY id LIMIT 1) AS time_zone
FROM session s JOIN person p ON p.id = s.person
WHERE s.token_hash = ANY(CAST(:hashes AS bytea[])) AND s.expires_at > :now AND p.active
""")


async def find_account(conn: AsyncConnection, email: str) -> Account | None:
    """Find the active person with this address, ignoring case."""
    query = select(*_ACCOUNT).where(func.lower(person.c.email) == email.strip().lower(), person.c.active)
    row = (await conn.execute(query)).one_or_none()
    return _account(row) if row else None


async def set_password_hash(conn: AsyncConnection, person_id: int, password_hash: str | None) -> None:
    """Change a person's password; ends all their sessions and unused sign-in links."""
    await conn.execute(update(person).where(person.c.id == person_id).values(password_hash=password_hash))
    # Links first: deleting them waits for any sign-in that is in progress, so that the session it begins is ended, too.
    await end_sign_in_links_of(conn, person_id)
    await end_sessions_of(conn, person_id)


async def lock_password(conn: AsyncConnection, person_id: int, password_hash: str) -> None:
    """Lock a person's password against changes until the transaction ends.

    Raises ``SignInRefused`` if it has changed since ``password_hash`` was read.
    """
    query = select(person.c.id).where(person.c.id == person_id, person.c.password_hash == password_hash)
    if (await conn.execute(query.with_for_update(read=True))).one_or_none() is None:
        raise SignInRefused


async def begin_session(conn: AsyncConnection, person_id: int, token: str, now: datetime, expires_at: datetime) -> None:
    await conn.execute(delete(session).where(session.c.person == person_id, session.c.expires_at <= now))
    await conn.execute(
        session.insert().values(token_hash=token_hash(token), person=person_id, began_at=now, expires_at=expires_at)
    )


async def find_sessions(conn: AsyncConnection, hashes: Collection[bytes], now: datetime) -> dict[bytes, Session]:
    """Find active people's sessions that have one of these secret hashes and have not ended or expired."""
    rows = await conn.execute(_SESSIONS, {"hashes": list(hashes), "now": now})
    return {row.token_hash: Session(_account(row), row.expires_at, row.time_zone or "UTC") for row in rows}


async def end_session(conn: AsyncConnection, token: str) -> None:
    await conn.execute(delete(session).where(session.c.token_hash == token_hash(token)))


@dataclass(frozen=True)
class OpenSession:
    key: str
    """Names the session on its own person's page; not its secret."""
    began_at: datetime
    expires_at: datetime


async def sessions_of(conn: AsyncConnection, person_id: int, now: datetime) -> list[OpenSession]:
    """A person's open sessions, newest first."""
    query = select(session).where(session.c.person == person_id, session.c.expires_at > now)
    rows = await conn.execute(query.order_by(session.c.began_at.desc()))
    return [OpenSession(row.token_hash.hex(), row.began_at, row.expires_at) for row in rows]


async def end_own_sessions(conn: AsyncConnection, person_id: int, keys: Collection[str]) -> int:
    """End those of a person's sessions that have these keys; returns how many there were."""
    hashes = func.encode(session.c.token_hash, "hex")
    ended = delete(session).where(session.c.person == person_id, hashes.in_(keys)).returning(session.c.person)
    return len((await conn.execute(ended)).all())


async def end_sessions_of(conn: AsyncConnection, person_id: int) -> None:
    await conn.execute(delete(session).where(session.c.person == person_id))


async def end_sign_in_links_of(conn: AsyncConnection, person_id: int) -> None:
    """End a person's unused links; used ones are kept, so that opening one again shows that it was used."""
    unused = sign_in_link.c.used_at.is_(None)
    await conn.execute(delete(sign_in_link).where(sign_in_link.c.person == person_id, unused))


async def renew_sign_in_link(conn: AsyncConnection, person_id: int, expires_at: datetime) -> str:
    """Create a one-time link, ``/sign-in/{token}``, and return its token; ends earlier links that were never used."""
    await end_sign_in_links_of(conn, person_id)
    token = secrets.token_urlsafe(32)
    row = {"token_hash": token_hash(token), "person": person_id, "expires_at": expires_at}
    await conn.execute(sign_in_link.insert().values(row))
    return token


async def read_sign_in_link(conn: AsyncConnection, token: str, now: datetime) -> str:
    """The name of the person whom the link would sign in. Changes nothing.

    Raises ``SignInLinkUnknown``, ``SignInLinkUsed`` or ``SignInLinkExpired``.
    """
    query = (
        select(sign_in_link.c.expires_at, sign_in_link.c.used_at, person.c.name)
        .join(person, person.c.id == sign_in_link.c.person)
        .where(sign_in_link.c.token_hash == token_hash(token), person.c.active)
    )
    row = (await conn.execute(query)).one_or_none()
    if row is None:
        raise SignInLinkUnknown
    if row.used_at is not None:
        raise SignInLinkUsed
    if row.expires_at <= now:
        raise SignInLinkExpired
    name: str = row.name
    return name


async def use_sign_in_link(conn: AsyncConnection, token: str, now: datetime) -> int:
    """Use up the link and return the person's id. Raises the same failures as ``read_sign_in_link``."""
    statement = (
        update(sign_in_link)
        .where(
            sign_in_link.c.token_hash == token_hash(token),
            sign_in_link.c.used_at.is_(None),
            sign_in_link.c.expires_at > now,
            sign_in_link.c.person == person.c.id,
            person.c.active,
        )
        .values(used_at=now)
        .returning(sign_in_link.c.person)
    )
    person_id: int | None = (await conn.execute(statement)).scalar_one_or_none()
    if person_id is None:
        await read_sign_in_link(conn, token, now)
        raise SignInLinkUsed
    return person_id


def _account(row: Any) -> Account:
    return Account(row.id, row.name, row.email, frozenset(row.roles), row.password_hash)
