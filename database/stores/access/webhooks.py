"""Sources of incoming webhooks: their secrets, accounts and words, and the names of deleted ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.account import webhook_source
from database.tables.webhook import webhook_source_deleted
from domain.failure import Failure
from domain.tickets.account import AccountTaken

USE_NOTED_EVERY = timedelta(minutes=1)
"""How exactly a secret's last use is known; noting each use would lock the source for every webhook."""

Words = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class SourceSecret:
    value: str
    set_at: datetime | None
    """None if the previous release stored it."""
    used_at: datetime | None
    """None if no webhook signed with it has arrived."""

    def __repr__(self) -> str:
        return f"SourceSecret(set_at={self.set_at!r})"


@dataclass(frozen=True)
class WebhookSource:
    name: str
    kind: str
    """``zendesk``."""
    secrets: tuple[SourceSecret, ...]
    """One, or two while the first is being replaced."""
    account: str = ""
    """The account that its tickets belong to, such as ``harbor.zendesk.com``; empty until known."""
    words: Words = field(default_factory=dict)
    """The account's own words for each ``status`` and ``priority``, in small letters, with Muster's word."""


@dataclass
class SourceNameTaken(Failure):
    name: str

    title = "Another source has this name"

    @property
    def detail(self) -> str:
        return f"There is already a source named {self.name}. Change its secret and its account on its own page."


async def find_source(conn: AsyncConnection, name: str, kind: str) -> WebhookSource | None:
    query = select(webhook_source).where(webhook_source.c.name == name, webhook_source.c.kind == kind)
    row = (await conn.execute(query)).one_or_none()
    return None if row is None else _source(row)


async def all_sources(conn: AsyncConnection) -> list[WebhookSource]:
    rows = await conn.execute(select(webhook_source).order_by(webhook_source.c.name))
    return [_source(row) for row in rows]


async def deleted_names(conn: AsyncConnection) -> list[str]:
    """Names of deleted sources, whose deliveries may still be in the inbox."""
    return list((await conn.execute(select(webhook_source_deleted.c.name).order_by("name"))).scalars())


async def was_deleted(conn: AsyncConnection, name: str) -> bool:
    """Whether a source of this name was deleted, and no other has been added under it since."""
    query = select(webhook_source_deleted.c.name).where(webhook_source_deleted.c.name == name)
    return (await conn.execute(query)).one_or_none() is not None


async def add_source(
    conn: AsyncConnection, name: str, kind: str, secret: str, account: str = "", now: datetime | None = None
) -> None:
    """Add a source. Raises ``SourceNameTaken`` or ``AccountTaken``."""
    await _refuse_taken(conn, name, account)
    row = {"name": name, "kind": kind, "secret": secret, "account": account, "secret_set_at": now}
    statement = insert(webhook_source).values(row).on_conflict_do_nothing(index_elements=["name"])
    if (await conn.execute(statement.returning(webhook_source.c.name))).one_or_none() is None:
        raise SourceNameTaken(name)
    await conn.execute(delete(webhook_source_deleted).where(webhook_source_deleted.c.name == name))


async def change_source(conn: AsyncConnection, name: str, account: str, words: Words) -> None:
    """Set a source's account, unless it is empty, and its words. Raises ``AccountTaken``."""
    await _refuse_taken(conn, name, account)
    values: dict[str, Any] = {"words": words} | ({"account": account} if account else {})
    await conn.execute(update(webhook_source).where(webhook_source.c.name == name).values(values))


async def add_secret(conn: AsyncConnection, name: str, secret: str, now: datetime) -> bool:
    """Accept a second secret beside the first; False if there are two already."""
    only_one = webhook_source.c.next_secret.is_(None)
    statement = update(webhook_source).where(webhook_source.c.name == name, only_one)
    values = {"next_secret": secret, "next_secret_set_at": now, "next_secret_used_at": None}
    return (await conn.execute(statement.values(values))).rowcount == 1


async def end_secret(conn: AsyncConnection, name: str, *, newer: bool) -> bool:
    """Stop accepting the older or the newer of two secrets; False if there is only one, which can't be ended."""
    column = webhook_source.c
    values: dict[str, Any] = {"next_secret": None, "next_secret_set_at": None, "next_secret_used_at": None}
    if not newer:
        values |= {"secret": column.next_secret, "secret_set_at": column.next_secret_set_at}
        values |= {"secret_used_at": column.next_secret_used_at}
    statement = update(webhook_source).where(column.name == name, column.next_secret.is_not(None))
    return (await conn.execute(statement.values(values))).rowcount == 1


async def note_use(conn: AsyncConnection, name: str, secret: str, now: datetime) -> None:
    """Note that a webhook was signed with this secret, to the nearest ``USE_NOTED_EVERY``."""
    for known, used in (
        (webhook_source.c.secret, webhook_source.c.secret_used_at),
        (webhook_source.c.next_secret, webhook_source.c.next_secret_used_at),
    ):
        of_source = update(webhook_source).where(webhook_source.c.name == name, known == secret)
        due = func.coalesce(used < now - USE_NOTED_EVERY, True)
        await conn.execute(of_source.where(due).values({used.name: now}))


async def delete_source(conn: AsyncConnection, name: str, now: datetime) -> bool:
    """Delete a source and remember its name; False if there is none. What it sent stays for its age."""
    statement = delete(webhook_source).where(webhook_source.c.name == name).returning(webhook_source.c.kind)
    kind = (await conn.execute(statement)).scalar_one_or_none()
    if kind is None:
        return False
    row = {"name": name, "kind": kind, "at": now}
    await conn.execute(insert(webhook_source_deleted).values(row).on_conflict_do_nothing())
    return True


async def _refuse_taken(conn: AsyncConnection, name: str, account: str) -> None:
    others = select(webhook_source.c.name).where(webhook_source.c.account == account, webhook_source.c.name != name)
    if account and (taken := (await conn.execute(others)).scalar_one_or_none()) is not None:
        raise AccountTaken(account, taken)


def _source(row: Row[Any]) -> WebhookSource:
    secrets = [SourceSecret(row.secret, row.secret_set_at, row.secret_used_at)]
    if row.next_secret is not None:
        secrets.append(SourceSecret(row.next_secret, row.next_secret_set_at, row.next_secret_used_at))
    return WebhookSource(row.name, row.kind, tuple(secrets), row.account, row.words)
