"""Creates sign-in links and sets passwords for accounts."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.exceptions import HTTPException

from database.clock import current_time
from database.stores.access.accounts import AccountSummary, account_of, all_accounts
from database.stores.access.sessions import renew_sign_in_link, set_password_hash
from database.stores.journal.audit_log import write_audit
from web.dependencies import AppSettings, Engine
from web.page import page
from web.security.csrf import Guarded
from web.security.passwords import LONGEST, SHORTEST, hash_password, is_easy_to_guess
from web.security.session import Signed

router = APIRouter(prefix="/admin")

LINK_LASTS = timedelta(hours=24)


@router.get("")
async def accounts_page(request: Request, engine: Engine) -> HTMLResponse:
    return await _page(request, engine)


@router.post("/people/{person_id}/sign-in-link", dependencies=[Guarded])
async def renew_link(
    request: Request, engine: Engine, settings: AppSettings, signed: Signed, person_id: int
) -> Response:
    """Create a single-use sign-in link and show it once. The person's previous link stops working."""
    account = await _account(engine, person_id)
    now = current_time()
    async with engine.begin() as conn:
        token = await renew_sign_in_link(conn, account.id, now + LINK_LASTS)
        await write_audit(conn, signed.actor, "renewed sign-in link", f"person:{account.id}", now)
    link = f"{settings.base_url}/sign-in/{token}"
    return await _page(request, engine, link=link, whose=account, until=now + LINK_LASTS, zone=signed.time_zone)


@router.post("/people/{person_id}/password", dependencies=[Guarded])
async def set_password(
    request: Request, engine: Engine, signed: Signed, person_id: int, password: Annotated[str, Form()] = ""
) -> Response:
    """Set a password. This ends the person's sessions and invalidates their unused sign-in links."""
    account = await _account(engine, person_id)
    if not SHORTEST <= len(password) <= LONGEST:
        wrong = f"A password has {SHORTEST} to {LONGEST} characters."
        return await _page(request, engine, 422, wrong=wrong, whose=account)
    if await is_easy_to_guess(password, account.email, account.name):
        wrong = "This password is easy to guess: it is common, or made of their own name or address. Choose another."
        return await _page(request, engine, 422, wrong=wrong, whose=account)
    password_hash = await hash_password(password)
    async with engine.begin() as conn:
        await set_password_hash(conn, account.id, password_hash)
        await write_audit(conn, signed.actor, "set password", f"person:{account.id}", current_time())
    done = f"{account.name} can sign in with the new password. Open sessions and unused sign-in links have ended."
    return await _page(request, engine, done=done)


async def _page(request: Request, engine: AsyncEngine, status: int = 200, **context: Any) -> HTMLResponse:
    defaults = {"link": "", "whose": None, "until": None, "wrong": "", "done": "", "zone": None}
    async with engine.connect() as conn:
        people = await all_accounts(conn)
    return page(request, "admin/accounts.html", status, people=people, **(defaults | context))


async def _account(engine: AsyncEngine, person_id: int) -> AccountSummary:
    """The account of somebody who still works here. Raises 404 for anyone else."""
    async with engine.connect() as conn:
        account = await account_of(conn, person_id) if 0 < person_id < 2**31 else None
    if account is None or not account.active:
        raise HTTPException(404)
    return account
