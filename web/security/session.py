"""Who is asking: sessions kept in the database, found by the hash of the cookie's secret."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from database.stores.access import sessions
from domain.ids import Tokens, token_hash
from domain.sign_in import NotSignedIn
from web.batching import Batcher
from web.dependencies import engine_of, sessions_of, settings_of, tokens_of
from web.security.cookie import drop_cookie, session_token

HURRIED, PATIENT = 0.01, 0.25
"""Seconds between two looks at the sessions at least: where somebody waits for the answer, and where nobody does."""


@dataclass(frozen=True)
class SignedIn:
    person_id: int
    name: str
    roles: frozenset[str]
    session_hash: bytes
    time_zone: str
    """Where this person reads times: the desk's zone."""
    tokens: Tokens

    @property
    def actor(self) -> str:
        """How timelines name this person: ``person:7``."""
        return f"person:{self.person_id}"

    def form_token(self, purpose: str = "page") -> str:
        return self.tokens.form(f"session:{self.session_hash.hex()}", purpose)


class Sessions:
    """Sessions, looked up for many requests together. Nothing is remembered, so that ending one counts at once."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._hurried = Batcher(self._find, pause=HURRIED)
        self._patient = Batcher(self._find, pause=PATIENT)

    async def find(self, session_hash: bytes, *, patient: bool = False) -> sessions.Session | None:
        """The living session of this hash; ``patient`` where nobody waits for the answer."""
        return await (self._patient if patient else self._hurried).get(session_hash)

    async def _find(self, hashes: Collection[bytes]) -> dict[bytes, sessions.Session]:
        async with self._engine.connect() as conn:
            return await sessions.find_sessions(conn, hashes, datetime.now(UTC))


async def find_signed_in(request: Request, *, patient: bool = False) -> SignedIn | None:
    """The person of this request's session, or None; ``patient`` as for ``Sessions.find``."""
    token = session_token(request)
    if token is None:
        return None
    session_hash = token_hash(token)
    found = await sessions_of(request).find(session_hash, patient=patient)
    if found is None:
        return None
    account = found.account
    return SignedIn(
        account.person_id,
        account.name,
        account.roles,
        session_hash,
        found.time_zone,
        tokens_of(request),
    )


async def sign_in(conn: AsyncConnection, request: Request, person_id: int) -> str:
    """Begin a session and end the one that the browser had, if any; returns the secret for ``keep_cookie``."""
    token, now = secrets.token_urlsafe(32), datetime.now(UTC)
    lasts = timedelta(hours=settings_of(request).session_hours)
    former = session_token(request)
    if former:
        await sessions.end_session(conn, former)
    await sessions.begin_session(conn, person_id, token, now, now + lasts)
    return token


async def sign_out(request: Request, response: Response) -> None:
    token = session_token(request)
    if token:
        async with engine_of(request).begin() as conn:
            await sessions.end_session(conn, token)
    drop_cookie(request, response)


async def signed_in(request: Request) -> SignedIn:
    """The person that ``web.security.access`` let in. Raises ``NotSignedIn``."""
    found: SignedIn | None = getattr(request.state, "signed", None)
    if found is None:
        raise NotSignedIn
    return found


async def still_signed_in(request: Request) -> bool:
    """For streams, which outlive their first check."""
    return await find_signed_in(request, patient=True) is not None


Signed = Annotated[SignedIn, Depends(signed_in)]
