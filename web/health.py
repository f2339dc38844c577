"""Whether this process lives, whether it can serve, and its figures."""

from __future__ import annotations

from contextlib import suppress

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from database.engine import DATABASE_DOWN, answers
from database.stores.rounds.repair import counted_repairs
from web.dependencies import engine_of, registry_of
from web.metrics import repairs_text

router = APIRouter()


@router.get("/healthz")
async def healthz() -> JSONResponse:
    """This process answers. Says nothing of what it depends on, so that nobody restarts it for their sake."""
    return JSONResponse({"status": "ok"})


@router.get("/readyz")
async def readyz(request: Request) -> JSONResponse:
    """200 while the database answers, 503 while it doesn't."""
    if not await answers(engine_of(request)):
        return JSONResponse({"status": "waiting", "database": "unreachable"}, 503, {"Retry-After": "2"})
    return JSONResponse({"status": "ready", "database": "ok"})


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """This process's own figures, and the repairs that the database counts; without these while it is down."""
    given = generate_latest(registry_of(request))
    with suppress(*DATABASE_DOWN):
        async with engine_of(request).connect() as conn:
            given += repairs_text({one.what: one.times for one in await counted_repairs(conn)})
    return Response(given, media_type=CONTENT_TYPE_LATEST)


@router.get("/robots.txt")
async def robots() -> Response:
    return Response("User-agent: *\nDisallow: /\n", media_type="text/plain")
