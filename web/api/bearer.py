"""Authenticates API requests by bearer token and checks the token's scopes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request

from database.stores.access.api_tokens import ApiToken, find_token
from web.api.problems import ScopeMissing, TokenMissing
from web.dependencies import Engine, TokenLimiter
from web.security.refusals import note_refusal


def scope(name: str) -> Callable[..., Awaitable[ApiToken]]:
    """A dependency that returns the caller's token.

    Raises ``TokenMissing``, ``TooManyMisses`` after too many wrong tokens, or ``ScopeMissing``.
    """

    async def caller(request: Request, engine: Engine, limiter: TokenLimiter) -> ApiToken:
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            raise TokenMissing
        async with engine.connect() as conn:
            token = await find_token(conn, secret.strip())
        if token is None:
            limiter.count(request)
            raise TokenMissing
        if name not in token.scopes:
            await note_refusal(request, token.actor, "a scope", name)
            raise ScopeMissing(name)
        return token

    return caller


Writer = Annotated[ApiToken, Depends(scope("escalations:write"))]
Reader = Annotated[ApiToken, Depends(scope("escalations:read"))]
Exporter = Annotated[ApiToken, Depends(scope("export"))]
