"""A person's own sessions: listed, and ended one by one or all but this browser's."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse

from database.clock import current_time
from database.stores.access.sessions import end_own_sessions, sessions_of
from database.stores.journal.audit_log import write_audit
from web.dependencies import Engine
from web.page import page
from web.security.csrf import Guarded
from web.security.session import Signed, SignedIn

router = APIRouter()

OTHERS = "others"


@router.get("/sessions")
async def sessions_page(request: Request, engine: Engine, signed: Signed) -> HTMLResponse:
    return await _page(request, engine, signed)


@router.post("/sessions/end", dependencies=[Guarded])
async def end_sessions(
    request: Request, engine: Engine, signed: Signed, key: Annotated[str, Form()] = ""
) -> HTMLResponse:
    """End one of the person's own sessions, or all others."""
    own, now = signed.session_hash.hex(), current_time()
    async with engine.begin() as conn:
        keys = [one.key for one in await sessions_of(conn, signed.person_id, now)] if key == OTHERS else [key]
        ended = await end_own_sessions(conn, signed.person_id, [one for one in keys if one != own])
        if ended:
            await write_audit(conn, signed.actor, "ended own sessions", signed.actor, now, {"number": ended})
    return await _page(request, engine, signed, ended)


async def _page(request: Request, engine: Engine, signed: SignedIn, ended: int = 0) -> HTMLResponse:
    async with engine.connect() as conn:
        listed = await sessions_of(conn, signed.person_id, current_time())
    own = signed.session_hash.hex()
    return page(request, "sessions.html", open=listed, own=own, ended=ended, zone=signed.time_zone)
