"""The audit log, newest first."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from database.stores.access.accounts import all_accounts
from database.stores.journal.audit_log import audit_entries
from web.dependencies import Engine
from web.page import page
from web.security.session import Signed

router = APIRouter(prefix="/admin/audit")

PAGE = 50


@router.get("")
async def audit_page(
    request: Request, engine: Engine, signed: Signed, before: Annotated[int | None, Query(ge=1, le=2**62)] = None
) -> HTMLResponse:
    async with engine.connect() as conn:
        entries = await audit_entries(conn, before=before, limit=PAGE + 1)
        names = {f"person:{account.id}": account.name for account in await all_accounts(conn)}
    more = entries[PAGE - 1].id if len(entries) > PAGE else None
    return page(request, "admin/audit.html", entries=entries[:PAGE], names=names, more=more, zone=signed.time_zone)
