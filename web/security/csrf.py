"""CSRF protection: unsafe requests must come from our own pages, with a form token issued to this person.

A form token is bound to what gives the person access: the link's token in the path, or the session. A request without
``Sec-Fetch-Site`` and ``Origin`` doesn't come from a browser, so it can't abuse anybody's cookies; it still needs the
form token.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from urllib.parse import urlsplit

from fastapi import Depends, Request

from domain.failure import Failure
from domain.ids import token_hash
from web.dependencies import settings_of, tokens_of
from web.security.cookie import session_token
from web.security.text_checks import refuse_unfit

FIELD = "form_token"
HEADER = "x-form-token"


@dataclass
class FormRefused(Failure):
    """The form token is missing or was issued to somebody else, or the request came from another site."""

    status = 403
    title = "This form is out of date"

    @property
    def detail(self) -> str:
        return "Please go back, reload the page and send the form again. Nothing was changed."


def form_token(request: Request) -> str:
    """The token that forms on this page must send in the field ``form_token``."""
    return tokens_of(request).form(_bound_to(request), "page")


def link_form_token(request: Request, token: str) -> str:
    """The token for forms that are sent to addresses with another link's ``token``."""
    return tokens_of(request).form(f"link:{token_hash(token).hex()}", "page")


def from_our_pages(request: Request) -> bool:
    """False if a browser sent this from another site."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    if origin is None:
        return True
    own_hosts = {request.headers.get("host", ""), urlsplit(settings_of(request).base_url).netloc}
    return urlsplit(origin).netloc in own_hosts


async def guarded_form(request: Request) -> None:
    """Let an unsafe request through, or raise ``FormRefused`` or ``UnfitText``."""
    if not from_our_pages(request):
        raise FormRefused
    form = await request.form()
    refuse_unfit({name: value for name, value in form.multi_items() if isinstance(value, str)})
    token = request.headers.get(HEADER) or form.get(FIELD) or ""
    if not isinstance(token, str) or not hmac.compare_digest(token.encode(), form_token(request).encode()):
        raise FormRefused


def _bound_to(request: Request) -> str:
    link = request.path_params.get("token")
    if link is not None:
        return f"link:{token_hash(link).hex()}"
    session = session_token(request)
    return f"session:{token_hash(session).hex()}" if session else "visitor"


Guarded = Depends(guarded_form)
"""``@router.post(…, dependencies=[Guarded])`` on every unsafe route, except those of the API and of webhooks."""
