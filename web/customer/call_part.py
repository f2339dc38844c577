"""The call in a page: what its template needs, and the policy that allows sound and pictures."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request
from fastapi.responses import HTMLResponse

from domain.media.peer import BEAT_EVERY
from web.dependencies import settings_of
from web.security.csrf import link_form_token
from web.security.headers import content_policy


@dataclass(frozen=True)
class CallPart:
    """One side's part of a call that takes place in our own pages."""

    team: str
    """Whom the customer talks with; the customer never sees a person's name."""
    join: str
    """The path under which this side's page talks to Muster."""
    token: str
    """The form token for that path."""
    phone: str
    """A number to call instead; empty if there is none."""
    beat_every: int = int(1000 * BEAT_EVERY.total_seconds())
    """In milliseconds."""


def call_part(request: Request, join_token: str, team: str) -> CallPart | None:
    """None if the settings have calls take place at another provider."""
    if not in_our_pages(request):
        return None
    return CallPart(team, f"/join/{join_token}", link_form_token(request, join_token), settings_of(request).call_phone)


def in_our_pages(request: Request) -> bool:
    """Whether calls take place in Muster's own pages."""
    return settings_of(request).room.own_page


def with_media(request: Request, response: HTMLResponse) -> HTMLResponse:
    """The same response, which may also show what a call brings, if calls take place in our own pages."""
    if in_our_pages(request):
        response.headers["Content-Security-Policy"] = content_policy("", media=True)
    return response
