"""Liveness, readiness and metrics of this process."""

from __future__ import annotations

from contextlib import suppress

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from database.engine import DATABASE_DOWN
from database.stores.journal.retention import removed_so_far
from database.stores.rounds.repair import counted_repairs
from database.writing import Writing
from web.dependencies import Engine, MetricsRegistry
from web.metrics import counts_text
from web.readiness import AppReadiness

router = APIRouter()


@router.get("/healthz")
async def healthz() -> JSONResponse:
    """200 while this process responds, whatever the state of its dependencies: a restart wouldn't fix those."""
    return JSONResponse({"status": "ok"})


@router.get("/readyz")
async def readyz(readiness: AppReadiness) -> JSONResponse:
    """200 while the database takes writes, 503 while it doesn't; the answer is at most a second old."""
    writing = await readiness.check()
    if writing is not Writing.OK:
        return JSONResponse({"status": "waiting", "database": writing.value}, 503, {"Retry-After": "2"})
    return JSONResponse({"status": "ready", "database": writing.value})


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
