"""Incoming webhook sources, each with its own secret, which is never shown again once saved."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.ext.asyncio import AsyncEngine

from database.clock import current_time
from database.stores.access.webhooks import all_sources, find_source, keep_source
from database.stores.escalations.ticket_accounts import adopt_tickets
from database.stores.journal.audit_log import write_audit
from domain.ticket_account import AccountTaken
from domain.ticket_reference import account_of
from web.dependencies import AppSettings, Engine
from web.hooks.commands import STATUSES
from web.page import page
from web.security.csrf import Guarded
from web.security.session import Signed

router = APIRouter(prefix="/admin/webhooks")

KIND = "zendesk"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_SHORTEST, _LONGEST = 16, 200
_LONGEST_WORDS = 4000


@router.get("")
async def sources_page(request: Request, engine: Engine, settings: AppSettings) -> HTMLResponse:
    return await _page(request, engine, settings.base_url)


@router.post("", dependencies=[Guarded])
async def keep(
    request: Request,
    engine: Engine,
    settings: AppSettings,
    signed: Signed,
    name: Annotated[str, Form()] = "",
    secret: Annotated[str, Form()] = "",
    account: Annotated[str, Form()] = "",
    statuses: Annotated[str, Form(max_length=_LONGEST_WORDS)] = "",
    priorities: Annotated[str, Form(max_length=_LONGEST_WORDS)] = "",
) -> Response:
    """Add a source, or replace its signing secret, its account and its words."""
    name, secret, account = name.strip(), secret.strip(), account.strip()

    async def refuse(field: str, wrong: str, status: int = 422) -> HTMLResponse:
        context = {"field": field, "wrong": wrong, "name": name, "account": account}
        context |= {"statuses": statuses, "priorities": priorities}
        return await _page(request, engine, settings.base_url, status, **context)

    if not _NAME.fullmatch(name):
        return await refuse("name", "A name has at most 40 small letters, digits and dashes.")
    if not _SHORTEST <= len(secret) <= _LONGEST:
        wrong = f"A signing secret has {_SHORTEST} to {_LONGEST} characters. Zendesk shows it beside its webhook."
        return await refuse("secret", wrong)
    host = account_of(account if "://" in account else f"https://{account}") if account else ""
    if account and "." not in host:
        return await refuse("account", "An account is the address of your help desk, such as harbor.zendesk.com.")
    of_status, of_priority = _words(statuses), _words(priorities)
    if of_status is None or of_priority is None or not STATUSES.issuperset(of_status.values()):
        known = ", ".join(sorted(STATUSES))
        return await refuse("words", f"Write one word a line, as in “gelöst = solved”. A status is one of {known}.")
    words = {"status": of_status, "priority": of_priority} if of_status or of_priority else None
    now = current_time()
    async with engine.begin() as conn:
        before = await find_source(conn, name, KIND)
        try:
            await keep_source(conn, name, KIND, secret, host, words)
        except AccountTaken as taken:
            return await refuse("account", taken.detail, 409)
        if before is not None and host:
            await adopt_tickets(conn, before, host)
        await write_audit(conn, signed.actor, "set webhook secret", name, now, {"kind": KIND, "account": host})
    return RedirectResponse("/admin/webhooks", 303)


def _words(typed: str) -> dict[str, str] | None:
    """The account's words, in small letters, with Muster's; None if a line isn't of the form ``own = known``."""
    pairs = [line.casefold().partition("=") for line in typed.splitlines() if line.strip()]
    read = {own.strip(): known.strip() for own, _, known in pairs}
    return read if all(own and known for own, known in read.items()) else None


async def _page(
    request: Request, engine: AsyncEngine, base_url: str, status: int = 200, **context: Any
) -> HTMLResponse:
    defaults = {"wrong": "", "field": "", "name": "", "account": "", "statuses": "", "priorities": ""}
    async with engine.connect() as conn:
        sources = await all_sources(conn)
    return page(request, "admin/webhooks.html", status, sources=sources, base=base_url, **(defaults | context))
