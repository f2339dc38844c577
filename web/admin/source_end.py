"""Deletes a source of webhooks, after a page that says what stops."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from database.clock import current_time
from database.stores.access.webhooks import delete_source
from database.stores.escalations.ticket_accounts import count_open_of
from database.stores.journal.audit_log import write_audit
from web.admin.source_page import source_or_404
from web.dependencies import AppSettings, Engine
from web.page import page
from web.security.csrf import Guarded
from web.security.session import Signed

router = APIRouter(prefix="/admin/webhooks/{source}/delete")


@router.get("")
async def ask(request: Request, engine: Engine, settings: AppSettings, source: str) -> HTMLResponse:
    async with engine.connect() as conn:
        found = await source_or_404(conn, source)
        still_open = await count_open_of(conn, source)
    days = settings.keep_webhook_deliveries_days
    return page(request, "admin/delete_source.html", source=found, still_open=still_open, days=days)


@router.post("", dependencies=[Guarded])
async def delete(engine: Engine, signed: Signed, source: str) -> Response:
    now = current_time()
    async with engine.begin() as conn:
        if await delete_source(conn, source, now):
            await write_audit(conn, signed.actor, "deleted webhook source", source, now)
    return RedirectResponse("/admin/webhooks", 303)
