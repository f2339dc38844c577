"""The sources of incoming webhooks, and how to add one. Secrets are never shown again once saved."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.ext.asyncio import AsyncEngine

from database.clock import current_time
from database.stores.access.webhook_deliveries import DeliveryFilter, list_deliveries
from database.stores.access.webhooks import SourceNameTaken, add_source, all_sources
from database.stores.journal.audit_log import write_audit
from domain.tickets.account import AccountTaken
from web.admin.delivery_words import delivery_words
from web.admin.source_fields import ACCOUNT_WRONG, SECRET_WRONG, account_host, is_secret
from web.dependencies import AppSettings, Engine
from web.hooks.zendesk import KIND
from web.page import page
from web.security.csrf import Guarded
from web.security.session import Signed

router = APIRouter(prefix="/admin/webhooks")

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@router.get("")
async def sources_page(request: Request, engine: Engine, settings: AppSettings, signed: Signed) -> HTMLResponse:
    return await _page(request, engine, settings.base_url, signed.time_zone)


@router.post("", dependencies=[Guarded])
async def add(
    request: Request,
    engine: Engine,
    settings: AppSettings,
    signed: Signed,
    name: Annotated[str, Form()] = "",
    secret: Annotated[str, Form()] = "",
    account: Annotated[str, Form()] = "",
) -> Response:
    name, secret, account, now = name.strip(), secret.strip(), account.strip(), current_time()

    async def refuse(field: str, wrong: str, status: int = 422) -> HTMLResponse:
        context = {"field": field, "wrong": wrong, "name": name, "account": account}
        return await _page(request, engine, settings.base_url, signed.time_zone, status, **context)

    if not _NAME.fullmatch(name):
        return await refuse("name", "A name has at most 40 small letters, digits and dashes.")
    if not is_secret(secret):
        return await refuse("secret", SECRET_WRONG)
    host = account_host(account)
    if host is None:
        return await refuse("account", ACCOUNT_WRONG)
    try:
        async with engine.begin() as conn:
            await add_source(conn, name, KIND, secret, host, now)
            await write_audit(conn, signed.actor, "added webhook source", name, now, {"kind": KIND, "account": host})
    except SourceNameTaken as taken:
        return await refuse("name", taken.detail, 409)
    except AccountTaken as taken:
        return await refuse("account", taken.detail, 409)
    return RedirectResponse(f"/admin/webhooks/{name}", 303)


async def _page(
    request: Request, engine: AsyncEngine, base_url: str, zone: str, status: int = 200, **context: Any
) -> HTMLResponse:
    defaults = {"wrong": "", "field": "", "name": "", "account": ""}
    async with engine.connect() as conn:
        sources = await all_sources(conn)
        latest = {one.name: await list_deliveries(conn, DeliveryFilter(one.name), limit=1) for one in sources}
    lines = [(one, [(last, delivery_words(last)) for last in latest[one.name]]) for one in sources]
    return page(request, "admin/webhooks.html", status, sources=lines, base=base_url, zone=zone, **(defaults | context))
