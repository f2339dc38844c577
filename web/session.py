"""Who is asking: sessions kept in the database, found by the hash of the cookie's secret."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import Depends, Request, Response

from database.stores import sessions
from domain.ids import Tokens, token_hash
from domain.sign_in import NotSignedIn
from web.cookie import drop_cookie, keep_cookie, session_token


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


async def find_signed_in(request: Request) -> SignedIn | None:
    """The person of this request's session, or None. Asks the database each time, so that ending counts at once."""
    token = session_token(request)
    if token is None:
        return None
    async with request.app.state.engine.connect() as conn:
        found = await sessions.find_session(conn, token, datetime.now(UTC))
    if found is None:
        return None
    account = found.account
    return SignedIn(
        account.person_id,
        account.name,
        account.roles,
        token_hash(token),
        found.time_zone,
        request.app.state.tokens,
    )


async def sign_in(request: Request, response: Response, person_id: int) -> None:
    """Begin a session with a fresh secret; the one that the browser had, if any, ends."""
    token, now = secrets.token_urlsafe(32), datetime.now(UTC)
    lasts = timedelta(hours=request.app.state.settings.session_hours)
    async with request.app.state.engine.begin() as conn:
        former = session_token(request)
        if former:
            await sessions.end_session(conn, former)
        await sessions.begin_session(conn, person_id, token, now, now + lasts)
    keep_cookie(request, response, token)


async def sign_out(request: Request, response: Response) -> None:
    token = session_token(request)
    if token:
        async with request.app.state.engine.begin() as conn:
            await sessions.end_session(conn, token)
    drop_cookie(request, response)


async def signed_in(request: Request) -> SignedIn:
    """The person that ``web.access`` let in. Raises ``NotSignedIn``."""
    found: SignedIn | None = getattr(request.state, "signed", None)
    if found is None:
        raise NotSignedIn
    return found


async def still_signed_in(request: Request) -> bool:
    """For streams, which outlive their first check."""
    return await find_signed_in(request) is not None


Signed = Annotated[SignedIn, Depends(signed_in)]
