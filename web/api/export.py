"""Everything, streamed as one JSON object a line."""

from __future__ import annotations

from collections.abc import AsyncIterator

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from database.stores.queries.export import export_lines
from web.api.bearer import Exporter
from web.api.describe import described
from web.dependencies import engine_of

router = APIRouter(prefix="/api/v1", tags=["export"])


@router.get("/export", response_class=StreamingResponse, responses=described())
async def export(request: Request, token: Exporter) -> StreamingResponse:
    """NDJSON of one moment, each line with a `type`; the last one is `{"type": "end", "lines": n}`."""
    lines = _lines(request)
    # The first line is read before the answer begins, so that an unreachable database is still a 503.
    first = await anext(lines)
    return StreamingResponse(_with(first, lines), media_type="application/x-ndjson")


async def _lines(request: Request) -> AsyncIterator[str]:
    async with engine_of(request).connect() as conn:
        async for line in export_lines(conn):
            yield line


async def _with(first: str, rest: AsyncIterator[str]) -> AsyncIterator[str]:
    yield first
    async for line in rest:
        yield line
