"""API tokens: bearer secrets for other programs, stored as hashes, each with its scopes."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.account import api_token
from domain.failure import Failure
from domain.ids import token_hash

SCOPES = ("escalations:write", "escalations:read", "shifts:write", "shifts:read", "export")


@dataclass(frozen=True)
class ApiToken:
    name: str
    scopes: frozenset[str]
    created_at: datetime
    revoked_at: datetime | None

    @property
    def actor(self) -> str:
        return f"api:{self.name}"


@dataclass
class TokenNameTaken(Failure):
    name: str

    title = "Another token has this name"

    @property
    def detail(self) -> str:
        return f'There is already a token named "{self.name}". A name is never reused, to keep the audit log clear.'


async def create_token(conn: AsyncConnection, name: str, scopes: Iterable[str], now: datetime) -> str:
    """Create a token and return its secret, which can't be read again. Raises ``TokenNameTaken``."""
    token = f"muster_{secrets.token_urlsafe(32)}"
    row = {"token_hash": token_hash(token), "name": name, "scopes": sorted(set(scopes)), "created_at": now}
    statement = insert(api_token).values(row).on_conflict_do_nothing().returning(api_token.c.name)
    if (await conn.execute(statement)).one_or_none() is None:
        raise TokenNameTaken(name)
    return token


async def find_token(conn: AsyncConnection, token: str) -> ApiToken | None:
    """Find the token with this secret; None if it was revoked."""
    query = select(api_token).where(api_token.c.token_hash == token_hash(token), api_token.c.revoked_at.is_(None))
    row = (await conn.execute(query)).one_or_none()
    return None if row is None else _token(row)


async def revoke_token(conn: AsyncConnection, name: str, now: datetime) -> bool:
    """Revoke a token; returns whether one with this name was active."""
    statement = update(api_token).where(api_token.c.name == name, api_token.c.revoked_at.is_(None))
    revoked = await conn.execute(statement.values(revoked_at=now).returning(api_token.c.name))
    return revoked.one_or_none() is not None


async def all_tokens(conn: AsyncConnection) -> list[ApiToken]:
    """All tokens, active ones first, sorted by name."""
    query = select(api_token).order_by(api_token.c.revoked_at.is_not(None), api_token.c.name)
    return [_token(row) for row in await conn.execute(query)]


def _token(row: Row[Any]) -> ApiToken:
    return ApiToken(row.name, frozenset(row.scopes), row.created_at, row.revoked_at)
