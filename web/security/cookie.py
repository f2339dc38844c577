"""The session cookie: host-only, invisible to scripts, not sent with other sites' forms."""

from __future__ import annotations

from fastapi import Request, Response

from web.dependencies import settings_of


def session_token(request: Request) -> str | None:
    """The session secret in this request's cookie, if any."""
    return request.cookies.get(_name(request)) or None


def keep_cookie(request: Request, response: Response, token: str) -> None:
    hours = settings_of(request).session_hours
    response.set_cookie(
        _name(request),
        token,
        max_age=hours * 3600,
        path="/",
        secure=_encrypted(request),
        httponly=True,
        samesite="lax",
    )


def drop_cookie(request: Request, response: Response) -> None:
    response.delete_cookie(_name(request), path="/", secure=_encrypted(request), httponly=True, samesite="lax")


def _name(request: Request) -> str:
    return "__Host-muster" if _encrypted(request) else "muster"


def _encrypted(request: Request) -> bool:
    address: str = settings_of(request).base_url
    return address.startswith("https://")
