"""Creates API tokens, shows each of them once, and revokes them with immediate effect."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.ext.asyncio import AsyncEngine

from database.clock import current_time
from database.stores.access.api_tokens import SCOPES, TokenNameTaken, all_tokens, create_token, revoke_token
from database.stores.journal.audit_log import write_audit
from web.dependencies import Engine
from web.page import page
from web.security.csrf import Guarded
from web.security.session import Signed

router = APIRouter(prefix="/admin/tokens")

_LONGEST_NAME = 60


@router.get("")
async def tokens_page(request: Request, engine: Engine, signed: Signed) -> HTMLResponse:
    return await _page(request, engine, signed.time_zone)


@router.post("", dependencies=[Guarded])
async def make_token(
    request: Request,
    engine: Engine,
    signed: Signed,
    name: Annotated[str, Form()] = "",
    scopes: Annotated[list[str] | None, Form()] = None,
) -> Response:
    name, chosen, now = name.strip(), [scope for scope in scopes or () if scope in SCOPES], current_time()
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        wrong = f"Name the program that will use it, in 1 to {_LONGEST_NAME} characters."
        return await _page(request, engine, signed.time_zone, 422, wrong=wrong, name=name, chosen=chosen)
    if not chosen:
        wrong = "Choose at least one scope."
        return await _page(request, engine, signed.time_zone, 422, wrong=wrong, name=name)
    try:
        async with engine.begin() as conn:
            token = await create_token(conn, name, chosen, now)
            await write_audit(conn, signed.actor, "made API token", name, now, {"scopes": chosen})
    except TokenNameTaken as taken:
        return await _page(request, engine, signed.time_zone, 409, wrong=taken.detail, name=name, chosen=chosen)
    return await _page(request, engine, signed.time_zone, token=token, made=name)


@router.post("/revoke", dependencies=[Guarded])
async def revoke(engine: Engine, signed: Signed, name: Annotated[str, Form()] = "") -> Response:
    now = current_time()
    async with engine.begin() as conn:
        if await revoke_token(conn, name, now):
            await write_audit(conn, signed.actor, "revoked API token", name, now)
    return RedirectResponse("/admin/tokens", 303)


async def _page(request: Request, engine: AsyncEngine, zone: str, status: int = 200, **context: Any) -> HTMLResponse:
    defaults = {"token": "", "made": "", "wrong": "", "name": "", "chosen": []}
    async with engine.connect() as conn:
        tokens = await all_tokens(conn)
    return page(request, "admin/tokens.html", status, tokens=tokens, scopes=SCOPES, zone=zone, **(defaults | context))
