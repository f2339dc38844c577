"""Accounts: a fresh sign-in link, a password, signing somebody out everywhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from database.stores.access.accounts import AccountSummary, account_of, all_accounts
from database.stores.access.sessions import renew_sign_in_link, set_password_hash
from database.stores.journal.audit_log import write_audit
from web.dependencies import engine_of, settings_of
from web.page import page
from web.security.csrf import Guarded
from web.security.passwords import LONGEST, SHORTEST, hash_password
from web.security.session import Signed

router = APIRouter(prefix="/admin")

LINK_LASTS = timedelta(hours=24)


@router.get("")
async def accounts_page(request: Request, signed: Signed) -> HTMLResponse:
    return await _page(request)


@router.post("/people/{person_id}/sign-in-link", dependencies=[Guarded])
async def renew_link(request: Request, signed: Signed, person_id: int) -> Response:
    """A link that signs in once. It is shown once, and the earlier one of that person stops working."""
    who = await _account(request, person_id)
    now = datetime.now(UTC)
    async with engine_of(request).begin() as conn:
        token = await renew_sign_in_link(conn, who.id, now + LINK_LASTS)
        await write_audit(conn, signed.actor, "renewed sign-in link", f"person:{who.id}", now)
    link = f"{settings_of(request).base_url}/sign-in/{token}"
    return await _page(request, link=link, whose=who, until=now + LINK_LASTS, zone=signed.time_zone)


@router.post("/people/{person_id}/password", dependencies=[Guarded])
async def set_password(
    request: Request, signed: Signed, person_id: int, password: Annotated[str, Form()] = ""
) -> Response:
    """Set a password; every session and every unused sign-in link of that person ends."""
    who = await _account(request, person_id)
    if not SHORTEST <= len(password) <= LONGEST:
        return await _page(request, 422, wrong=f"A password has {SHORTEST} to {LONGEST} characters.", whose=who)
    hashed = await hash_password(password)
    async with engine_of(request).begin() as conn:
        await set_password_hash(conn, who.id, hashed)
        await write_audit(conn, signed.actor, "set password", f"person:{who.id}", datetime.now(UTC))
    return await _page(
        request, done=f"{who.name} signs in with the new password. Open sessions and unused sign-in links have ended."
    )


async def _page(request: Request, status: int = 200, **context: Any) -> HTMLResponse:
    known = {"link": "", "whose": None, "until": None, "wrong": "", "done": "", "zone": None}
    async with engine_of(request).connect() as conn:
        people = await all_accounts(conn)
    return page(request, "admin/accounts.html", status, people=people, **(known | context))


async def _account(request: Request, person_id: int) -> AccountSummary:
    async with engine_of(request).connect() as conn:
        found = await account_of(conn, person_id) if 0 < person_id < 2**31 else None
    if found is None or not found.active:
        raise HTTPException(404)
    return found
