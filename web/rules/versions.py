"""Every version there ever was: the list, one of them, what changed between two, and going back to one."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.exceptions import HTTPException

from database.stores.directory.read import read_directory
from database.stores.directory.renamings import text_today
from database.stores.rules.rollouts import restore_version, running_rollout
from database.stores.rules.versions import PublishedRules, current_published, published_number, published_versions
from domain.rollout.steps import StageMoved, share_words
from rules_dsl import RulesRefused
from web.dependencies import engine_of
from web.page import page
from web.rules.checked import CheckResult, shown
from web.rules.difference import difference
from web.rules.meaning import meaning
from web.rules.weighing import PublishRequest, shown_first
from web.security.csrf import Guarded
from web.security.session import Signed

router = APIRouter(prefix="/rules")

Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
Chosen = Annotated[int, Query(ge=1, le=2**31 - 1)]
PAGE = 50


@router.get("/versions")
async def versions_page(
    request: Request, signed: Signed, before: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None
) -> HTMLResponse:
    async with engine_of(request).connect() as conn:
        found = await published_versions(conn, before=before, limit=PAGE + 1)
        standing, running = await current_published(conn), await running_rollout(conn)
    return page(
        request,
        "rules/versions.html",
        versions=found[:PAGE],
        more=found[PAGE - 1].number if len(found) > PAGE else None,
        standing=standing,
        running=running,
        words=share_words,
        zone=signed.time_zone,
    )


@router.get("/versions/{number}")
async def version_page(request: Request, signed: Signed, number: Number) -> HTMLResponse:
    return await _version_page(request, signed, number)


@router.get("/compare")
async def compare_page(
    request: Request, signed: Signed, older: Annotated[int, Query(alias="from", ge=1, le=2**31 - 1)], to: Chosen
) -> HTMLResponse:
    before, after = await _version(request, older), await _version(request, to)
    async with engine_of(request).connect() as conn:
        directory = await read_directory(conn)
    return page(
        request,
        "rules/compare.html",
        before=before,
        after=after,
        meaning=await meaning(before.text, after.text, directory),
        rows=await asyncio.to_thread(difference, before.text, after.text),
        zone=signed.time_zone,
    )


@router.post("/versions/{number}/publish", dependencies=[Guarded])
async def publish_again(
    request: Request,
    signed: Signed,
    number: Number,
    seen: Annotated[str, Form()] = "",
    shown: Annotated[str, Form()] = "",
) -> Response:
    """Going back for everybody: the old text with the names of today, published anew; a running stage ends.

    Refused where the directory no longer has what it names, and where the page was older than the rules.
    """
    version = await _version(request, number)
    stood = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else None
    here = f"/rules/versions/{number}"
    asked = PublishRequest(f"Go back to version {number}", f"{here}/publish", here)
    async with engine_of(request).connect() as conn:
        text = await text_today(conn, version.text, number)
    if (first := await shown_first(request, text, asked, {"seen": seen}, shown)) is not None:
        return first
    try:
        async with engine_of(request).begin() as conn:
            await restore_version(conn, number, stood, signed.name, datetime.now(UTC))
    except RulesRefused as refused:
        return await _version_page(request, signed, number, 422, refused=refused)
    except StageMoved as moved:
        return await _version_page(request, signed, number, 409, wrong=moved.detail)
    return RedirectResponse("/rules?said=published", 303)


async def _version_page(
    request: Request,
    signed: Signed,
    number: int,
    status: int = 200,
    *,
    refused: RulesRefused | None = None,
    wrong: str = "",
) -> HTMLResponse:
    version = await _version(request, number)
    async with engine_of(request).connect() as conn:
        standing, running = await current_published(conn), await running_rollout(conn)
    checked = await asyncio.to_thread(shown, version.text, refused.diagnostics) if refused else None
    drawn = CheckResult(version.text)
    return page(
        request,
        "rules/version.html",
        status,
        version=version,
        standing=standing,
        running=running,
        lines=drawn.lines,
        lines_left_out=drawn.lines_left_out,
        checked=checked,
        wrong=wrong,
        words=share_words,
        zone=signed.time_zone,
    )


async def _version(request: Request, number: int) -> PublishedRules:
    async with engine_of(request).connect() as conn:
        version = await published_number(conn, number)
    if version is None:
        raise HTTPException(404)
    return version
