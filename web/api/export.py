"""Exports everything as a stream of JSON objects, one per line."""

from __future__ import annotations

from collections.abc import AsyncIterator

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from sqlalchemy.ext.asyncio import AsyncEngine

from database.clock import current_time
from database.stores.journal.audit_log import write_audit
from database.stores.queries.export import export_lines
from web.api.bearer import Exporter
from web.api.describe import described
from web.dependencies import Engine, Reports

NDJSON = {
    "description": "One JSON object per line, each with a `type`; the last one says how many there are.",
    "content": {"application/x-ndjson": {"schema": {"type": "string"}}},
}
router = APIRouter(prefix="/api/v1", tags=["export"])


@router.get("/export", response_class=StreamingResponse, responses={200: NDJSON, **described()})
async def export(engine: Reports, pages: Engine, token: Exporter) -> StreamingResponse:
    """Everything as of one moment, as NDJSON. Each line has a `type`; the last is `{"type": "end", "lines": n}`."""
    async with pages.begin() as conn:
        await write_audit(conn, token.actor, "exported everything", "export", current_time())
    lines = _lines(engine)
    # Read the first line before the response begins, so that an unreachable database still results in a 503.
    first = await anext(lines)
    return StreamingResponse(_chain(first, lines), media_type="application/x-ndjson")


async def _lines(engine: AsyncEngine) -> AsyncIterator[str]:
    async with engine.connect() as conn:
        async for line in export_lines(conn):
            yield line


async def _chain(first: str, rest: AsyncIterator[str]) -> AsyncIterator[str]:
    yield first
    async for line in rest:
        yield line
