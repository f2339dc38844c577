"""Sessions, stored in the database and found by the hash of the cookie's secret."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from database.clock import current_time
from database.stores.access import sessions
from database.stores.journal.audit_log import write_audit
from domain.ids import Tokens, token_hash
from domain.sign_in import NotSignedIn
from web.batching import Batcher
from web.dependencies import settings_of, tokens_of
from web.security.cookie import drop_cookie, session_token

HURRIED, PATIENT = 0.01, 0.25
"""Minimum seconds between two session queries when somebody is waiting for the response, and when nobody is."""


@dataclass(frozen=True)
class SignedIn:
    person_id: int
    name: str
    roles: frozenset[str]
    session_hash: bytes
    time_zone: str
    """The time zone in which this person is shown times: the organisation's."""
    tokens: Tokens

    @property
    def actor(self) -> str:
        """This person as named in timelines and the audit log: ``person:7``."""
        return f"person:{self.person_id}"

    def form_token(self, purpose: str = "page") -> str:
        return self.tokens.form(f"session:{self.session_hash.hex()}", purpose)


class Sessions:
    """Looks up sessions for many requests together, without a cache, so that ending one takes effect immediately."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._hurried = Batcher(self._find, pause=HURRIED)
        self._patient = Batcher(self._find, pause=PATIENT)

    async def find(self, session_hash: bytes, *, patient: bool = False) -> sessions.Session | None:
        """The unexpired session with this hash. Pass ``patient`` if nobody is waiting for the response."""
        return await (self._patient if patient else self._hurried).get(session_hash)

    async def _find(self, hashes: Collection[bytes]) -> dict[bytes, sessions.Session]:
        async with self._engine.connect() as conn:
            return await sessions.find_sessions(conn, hashes, current_time())


async def find_signed_in(request: Request, *, patient: bool = False) -> SignedIn | None:
    """The person whose session this request belongs to, or None. ``patient`` is as for ``Sessions.find``."""
    token = session_token(request)
    if token is None:
        return None
    session_hash = token_hash(token)
    lookup: Sessions = request.app.state.sessions
    session = await lookup.find(session_hash, patient=patient)
    if session is None:
        return None
    account = session.account
    return SignedIn(
        account.person_id,
        account.name,
        account.roles,
        session_hash,
        session.time_zone,
        tokens_of(request),
    )


async def sign_in(conn: AsyncConnection, request: Request, person_id: int, *, by: str) -> str:
    """Begin a session and end the browser's previous one; returns the secret for ``keep_cookie``.

    ``by`` says in the audit log how the person signed in.
    """
    secret, now = secrets.token_urlsafe(32), current_time()
    duration = timedelta(hours=settings_of(request).session_hours)
    previous = session_token(request)
    if previous:
        await sessions.end_session(conn, previous)
    await sessions.begin_session(conn, person_id, secret, now, now + duration)
    await write_audit(conn, f"person:{person_id}", "signed in", f"person:{person_id}", now, {"by": by})
    return secret


async def sign_out(engine: AsyncEngine, request: Request, response: Response) -> None:
    """End the session in the database and drop its cookie."""
    secret = session_token(request)
    if secret:
        async with engine.begin() as conn:
            await sessions.end_session(conn, secret)
    drop_cookie(request, response)


async def signed_in(request: Request) -> SignedIn:
    """The person whom ``web.security.access`` let in. Raises ``NotSignedIn``."""
    person: SignedIn | None = getattr(request.state, "signed", None)
    if person is None:
        raise NotSignedIn
    return person


Signed = Annotated[SignedIn, Depends(signed_in)]
