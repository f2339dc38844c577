"""Saying where one is, and going on saying so."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse

from database.stores.presence import heartbeat, set_presence
from domain.presence import LONGEST_REASON, PresenceState
from web.desk.areas import answer, draw_changed_on, seen_in
from web.form_guard import Guarded
from web.session import Signed

router = APIRouter()


@router.post("/desk/presence", dependencies=[Guarded])
async def say(
    request: Request,
    signed: Signed,
    state: Annotated[PresenceState, Form()],
    reason: Annotated[str, Form(max_length=LONGEST_REASON)] = "",
) -> Response:
    async with request.app.state.engine.begin() as conn:
        await set_presence(conn, signed.person_id, state, reason.strip(), datetime.now(UTC))
    return await answer(request, signed)


@router.post("/desk/presence/heartbeat", dependencies=[Guarded])
async def beat(request: Request, signed: Signed) -> Response:
    """A sign of life; answered with what has changed on a desk that says what it shows, else 204."""
    seen = seen_in(await request.form())
    async with request.app.state.engine.begin() as conn:
        await heartbeat(conn, signed.person_id, datetime.now(UTC))
        drawn = await draw_changed_on(conn, request, signed, seen) if seen else ""
    return HTMLResponse(drawn) if drawn else Response(status_code=204)
