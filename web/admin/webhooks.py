"""Webhooks that come in: each source with its own secret, which is never shown again."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from database.stores.access.webhooks import all_sources, keep_source
from database.stores.journal.audit_log import write_audit
from domain.ticket_account import AccountTaken
from domain.ticket_reference import account_of
from web.dependencies import engine_of, settings_of
from web.page import page
from web.security.csrf import Guarded
from web.security.session import Signed

router = APIRouter(prefix="/admin/webhooks")

KIND = "zendesk"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_SHORTEST, _LONGEST = 16, 200


@router.get("")
async def sources_page(request: Request, signed: Signed) -> HTMLResponse:
    return await _page(request)


@router.post("", dependencies=[Guarded])
async def keep(
    request: Request,
    signed: Signed,
    name: Annotated[str, Form()] = "",
    secret: Annotated[str, Form()] = "",
    account: Annotated[str, Form()] = "",
) -> Response:
    """Add a source, or give it the secret that its help desk signs with from now on, or its account."""
    name, secret, account = name.strip(), secret.strip(), account.strip()
    typed = {"name": name, "account": account}
    if not _NAME.fullmatch(name):
        return await _page(
            request, 422, wrong="A name has small letters, digits and dashes, at most 40.", field="name", **typed
        )
    if not _SHORTEST <= len(secret) <= _LONGEST:
        wrong = f"A signing secret has {_SHORTEST} to {_LONGEST} characters. Zendesk shows it beside its webhook."
        return await _page(request, 422, wrong=wrong, field="secret", **typed)
    host = account_of(account if "://" in account else f"https://{account}") if account else ""
    if account and "." not in host:
        wrong = "An account is the address of your help desk, such as harbor.zendesk.com."
        return await _page(request, 422, wrong=wrong, field="account", **typed)
    now = datetime.now(UTC)
    async with engine_of(request).begin() as conn:
        try:
            await keep_source(conn, name, KIND, secret, host)
        except AccountTaken as taken:
            return await _page(request, 409, wrong=taken.detail, field="account", **typed)
        await write_audit(conn, signed.actor, "set webhook secret", name, now, {"kind": KIND, "account": host})
    return RedirectResponse("/admin/webhooks", 303)


async def _page(request: Request, status: int = 200, **context: Any) -> HTMLResponse:
    known = {"wrong": "", "field": "", "name": "", "account": ""}
    async with engine_of(request).connect() as conn:
        sources = await all_sources(conn)
    base = settings_of(request).base_url
    return page(request, "admin/webhooks.html", status, sources=sources, base=base, **(known | context))
