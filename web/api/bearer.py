"""Who calls the API: a bearer token and its scopes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request

from database.stores.access.api_tokens import ApiToken, find_token
from web.api.problems import ScopeMissing, TokenMissing
from web.dependencies import engine_of


def scope(wanted: str) -> Callable[[Request], Awaitable[ApiToken]]:
    """A dependency: the caller's token, if it has this scope. Raises ``TokenMissing``, ``ScopeMissing``."""

    async def caller(request: Request) -> ApiToken:
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            raise TokenMissing
        async with engine_of(request).connect() as conn:
            token = await find_token(conn, secret.strip())
        if token is None:
            raise TokenMissing
        if wanted not in token.scopes:
            raise ScopeMissing(wanted)
        return token

    return caller


Writer = Annotated[ApiToken, Depends(scope("escalations:write"))]
Reader = Annotated[ApiToken, Depends(scope("escalations:read"))]
Exporter = Annotated[ApiToken, Depends(scope("export"))]
