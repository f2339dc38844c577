"""Liveness, readiness and metrics of this process."""

from __future__ import annotations

from contextlib import suppress

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from database.engine import DATABASE_DOWN, is_reachable
from database.stores.journal.retention import removed_so_far
from database.stores.rounds.repair import counted_repairs
from web.dependencies import Engine, MetricsRegistry
from web.metrics import counts_text

router = APIRouter()


@router.get("/healthz")
async def healthz() -> JSONResponse:
    """200 while this process responds, whatever the state of its dependencies: a restart wouldn't fix those."""
    return JSONResponse({"status": "ok"})


@router.get("/readyz")
async def readyz(engine: Engine) -> JSONResponse:
    """200 while the database responds, 503 while it doesn't."""
    if not await is_reachable(engine):
        return JSONResponse({"status": "waiting", "database": "unreachable"}, 503, {"Retry-After": "2"})
    return JSONResponse({"status": "ready", "database": "ok"})


@router.get("/metrics")
async def metrics(engine: Engine, registry: MetricsRegistry) -> Response:
    """This process's figures and, if the database responds, the auditor's repairs recorded in it."""
    body = generate_latest(registry)
    with suppress(*DATABASE_DOWN):
        async with engine.connect() as conn:
            repairs = {repair.what: repair.times for repair in await counted_repairs(conn)}
            body += counts_text(repairs, await removed_so_far(conn))
    return Response(body, media_type=CONTENT_TYPE_LATEST)


@router.get("/robots.txt")
async def robots() -> Response:
    return Response("User-agent: *\nDisallow: /\n", media_type="text/plain")
