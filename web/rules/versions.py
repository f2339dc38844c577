"""Every version that ever stood: the list, one of them, what changed between two, and going back to one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.exceptions import HTTPException

from database.stores.directory import read_directory
from database.stores.rulesets import Published, current_published, publish, published_number, published_versions
from rules_dsl import RulesRefused
from web.form_guard import Guarded
from web.page import page
from web.rules.checked import shown
from web.rules.difference import difference
from web.rules.meaning import meaning
from web.session import Signed

router = APIRouter(prefix="/rules")

Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
Chosen = Annotated[int, Query(ge=1, le=2**31 - 1)]
PAGE = 50


@router.get("/versions")
async def versions_page(
    request: Request, signed: Signed, before: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None
) -> HTMLResponse:
    async with request.app.state.engine.connect() as conn:
        found = await published_versions(conn, before=before, limit=PAGE + 1)
        standing = await current_published(conn)
    return page(
        request,
        "rules/versions.html",
        versions=found[:PAGE],
        more=found[PAGE - 1].number if len(found) > PAGE else None,
        standing=standing,
        zone=signed.time_zone,
    )


@router.get("/versions/{number}")
async def version_page(request: Request, signed: Signed, number: Number) -> HTMLResponse:
    async with request.app.state.engine.connect() as conn:
        version, standing = await _version(request, number), await current_published(conn)
    return page(
        request,
        "rules/version.html",
        version=version,
        standing=standing,
        lines=version.text.split("\n"),
        messages=(),
        zone=signed.time_zone,
    )


@router.get("/compare")
async def compare_page(
    request: Request, signed: Signed, older: Annotated[int, Query(alias="from", ge=1, le=2**31 - 1)], to: Chosen
) -> HTMLResponse:
    before, after = await _version(request, older), await _version(request, to)
    async with request.app.state.engine.connect() as conn:
        directory = await read_directory(conn)
    return page(
        request,
        "rules/compare.html",
        before=before,
        after=after,
        meaning=await meaning(before.text, after.text, directory),
        rows=difference(before.text, after.text),
        zone=signed.time_zone,
    )


@router.post("/versions/{number}/publish", dependencies=[Guarded])
async def publish_again(request: Request, signed: Signed, number: Number) -> Response:
    """Going back: the old text, published anew. Refused where the directory no longer has what it names."""
    engine, version = request.app.state.engine, await _version(request, number)
    try:
        async with engine.begin() as conn:
            standing = await current_published(conn)
            base = standing.number if standing else None
            reason = f"Back to version {number}"
            await publish(conn, version.text, signed.name, reason, base, datetime.now(UTC))
    except RulesRefused as refused:
        async with engine.connect() as conn:
            standing = await current_published(conn)
        return page(
            request,
            "rules/version.html",
            422,
            version=version,
            standing=standing,
            lines=version.text.split("\n"),
            messages=shown(version.text, refused.messages).messages,
            zone=signed.time_zone,
        )
    return RedirectResponse("/rules?said=published", 303)


async def _version(request: Request, number: int) -> Published:
    async with request.app.state.engine.connect() as conn:
        version = await published_number(conn, number)
    if version is None:
        raise HTTPException(404)
    return version
