"""The board's page, its parts as they change, and the stream that says when to ask for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, StreamingResponse

from database.stores.queries.board import read_board
from domain.ids import LIVE_CHANNEL
from web.dependencies import engine_of, live_of
from web.live import StreamEvent, event_stream
from web.page import page
from web.security.session import Signed, still_signed_in

router = APIRouter(prefix="/board")

HOURS = 6


@router.get("")
async def board_page(request: Request, signed: Signed) -> HTMLResponse:
    return page(request, "board/page.html", **await _board(request, signed.time_zone))


@router.get("/parts")
async def board_parts(request: Request, signed: Signed) -> HTMLResponse:
    """What stands on the board, without the page around it."""
    return page(request, "board/_parts.html", **await _board(request, signed.time_zone))


@router.get("/stream")
async def board_stream(request: Request, signed: Signed) -> StreamingResponse:
    async def draw(payload: str) -> Sequence[StreamEvent]:
        return (StreamEvent("wake", LIVE_CHANNEL),)

    async def still_allowed() -> bool:
        return await still_signed_in(request)

    return event_stream(live_of(request).subscribe(), draw, still_allowed)


async def _board(request: Request, zone: str) -> dict[str, Any]:
    now = datetime.now(UTC)
    async with engine_of(request).connect() as conn:
        board = await read_board(conn, now, HOURS)
    most = max((one.there for pool in board.pools for one in pool.slices), default=0)
    return {"board": board, "now": now, "zone": zone, "most": max(most, 1), "hours": HOURS}
