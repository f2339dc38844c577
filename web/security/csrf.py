"""Unsafe requests: from our own pages only, and with the token of a form that we drew for this person.

A form token is bound to what lets the person in: the link's token in the path, or the session. A request
without ``Sec-Fetch-Site`` and ``Origin`` comes from no browser, so nobody's cookies are abused by it; it
still needs the form token.
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
    """The form was not drawn by us for this person, or came from another site."""

    status = 403
    title = "This form is out of date"

    @property
    def detail(self) -> str:
        return "Please go back, load the page again and send the form once more. Nothing was changed."


def form_token(request: Request) -> str:
    """The token that a form on this page has to send along, as field ``form_token``."""
    tokens = tokens_of(request)
    token: str = tokens.form(_bearer_of(request), "page")
    return token


def from_our_pages(request: Request) -> bool:
    """Whether a browser, if it was one, sent this from a page of ours."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    if origin is None:
        return True
    ours = {request.headers.get("host", ""), urlsplit(settings_of(request).base_url).netloc}
    return urlsplit(origin).netloc in ours


async def guarded_form(request: Request) -> None:
    """Let an unsafe request pass, or raise ``FormRefused`` or ``UnfitText``."""
    if not from_our_pages(request):
        raise FormRefused
    form = await request.form()
    refuse_unfit({name: value for name, value in form.multi_items() if isinstance(value, str)})
    sent = request.headers.get(HEADER) or form.get(FIELD) or ""
    if not isinstance(sent, str) or not hmac.compare_digest(sent.encode(), form_token(request).encode()):
        raise FormRefused


def _bearer_of(request: Request) -> str:
    link = request.path_params.get("token")
    if link is not None:
        return f"link:{token_hash(link).hex()}"
    session = session_token(request)
    return f"session:{token_hash(session).hex()}" if session else "visitor"


Guarded = Depends(guarded_form)
"""``@router.post(…, dependencies=[Guarded])`` on every unsafe route that isn't the API's or a webhook's."""
