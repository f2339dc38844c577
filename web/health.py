"""Liveness, readiness and metrics of this process."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from database.writing import Writing
from web.dependencies import AppTokens, MetricsRegistry
from web.readiness import AppReadiness
from web.row_metrics import AppRowMetrics

router = APIRouter()


@router.get("/healthz")
async def healthz(tokens: AppTokens) -> JSONResponse:
    """200 while this process responds, whatever the state of its dependencies: a restart wouldn't fix those.

    The answer names the installation, so that `muster doctor` takes no other for its own.
    """
    return JSONResponse({"status": "ok", "installation": tokens.installation()})


@router.get("/readyz")
async def readyz(readiness: AppReadiness) -> JSONResponse:
    """200 while the database takes writes, 503 while it doesn't; the answer is at most a second old."""
    writing = await readiness.check()
    if writing is not Writing.OK:
        return JSONResponse({"status": "waiting", "database": writing.value}, 503, {"Retry-After": "2"})
    return JSONResponse({"status": "ready", "database": writing.value})


@router.get("/metrics")
async def metrics(rows: AppRowMetrics, registry: MetricsRegistry) -> Response:
    """This process's figures and those read from the database, whether or not it responds."""
    from_rows = await rows.text()
    return Response(generate_latest(registry) + from_rows, media_type=CONTENT_TYPE_LATEST)


@router.get("/robots.txt")
async def robots() -> Response:
    return Response("User-agent: *\nDisallow: /\n", media_type="text/plain")
