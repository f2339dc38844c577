"""The board page, the parts that a refresh replaces, and the stream that says when to refresh."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, StreamingResponse
from sqlalchemy.ext.asyncio import AsyncEngine

from database.clock import current_time
from database.stores.queries.board import read_board
from database.stores.rounds.reasons_to_wait import reasons_to_wait
from domain.ids import LIVE_CHANNEL
from web.dependencies import Engine, LiveEvents
from web.live import StreamEvent, event_stream
from web.page import page
from web.security.access import still_allowed
from web.security.session import Signed

router = APIRouter(prefix="/board")

HOURS = 6


@router.get("")
async def board_page(request: Request, engine: Engine, signed: Signed) -> HTMLResponse:
    return page(request, "board/page.html", **await _board(engine, signed.time_zone))


@router.get("/parts")
async def board_parts(request: Request, engine: Engine, signed: Signed) -> HTMLResponse:
    """The board's content without the page around it."""
    return page(request, "board/_parts.html", **await _board(engine, signed.time_zone))


@router.get("/stream")
async def board_stream(request: Request, live: LiveEvents) -> StreamingResponse:
    async def draw(payload: str) -> Sequence[StreamEvent]:
        # Whatever changes a story alone has woken the board as a round's or a person's change already.
        return () if payload.startswith("story:") else (StreamEvent("wake", LIVE_CHANNEL),)

    async def allowed() -> bool:
        return await still_allowed(request)

    return event_stream(live.subscribe(), draw, allowed)


async def _board(engine: AsyncEngine, zone: str) -> dict[str, Any]:
    now = current_time()
    async with engine.connect() as conn:
        board = await read_board(conn, now, HOURS)
        reasons = await reasons_to_wait(conn, now) if board.waiting else {}
    most = max((hour.there for pool in board.pools for hour in pool.slices), default=0)
    return {"board": board, "now": now, "zone": zone, "most": max(most, 1), "hours": HOURS, "reasons": reasons}
