"""All versions of the rules: the list, one version, the difference between two, and going back to an earlier one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from starlette.exceptions import HTTPException

from database.bounded_threads import RULES_TEXTS
from database.clock import current_time
from database.stores.directory.read import read_directory
from database.stores.directory.renamings import text_today
from database.stores.rules.rollouts import restore_version, running_rollout
from database.stores.rules.versions import PublishedRules, current_published, published_number, published_versions
from domain.rollout.steps import StageMoved, share_words
from rules_dsl import RulesRefused
from web.dependencies import Engine
from web.page import page
from web.rules.checked import CheckResult, shown
from web.rules.difference import difference
from web.rules.meaning import meaning
from web.rules.weighing import PublishRequest, preview_if_needed
from web.security.csrf import Guarded
from web.security.session import Signed, SignedIn

router = APIRouter(prefix="/rules")

Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
Chosen = Annotated[int, Query(ge=1, le=2**31 - 1)]
PAGE = 50


@router.get("/versions")
async def versions_page(
    request: Request,
    engine: Engine,
    signed: Signed,
    before: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> HTMLResponse:
    async with engine.connect() as conn:
        versions = await published_versions(conn, before=before, limit=PAGE + 1)
        current, running = await current_published(conn), await running_rollout(conn)
    return page(
        request,
        "rules/versions.html",
        versions=versions[:PAGE],
        more=versions[PAGE - 1].number if len(versions) > PAGE else None,
        current=current,
        running=running,
        words=share_words,
        zone=signed.time_zone,
    )


@router.get("/versions/{number}")
async def version_page(request: Request, engine: Engine, signed: Signed, number: Number) -> HTMLResponse:
    return await _version_page(request, engine, signed, number)


@router.get("/compare")
async def compare_page(
    request: Request,
    engine: Engine,
    signed: Signed,
    older: Annotated[int, Query(alias="from", ge=1, le=2**31 - 1)],
    to: Chosen,
) -> HTMLResponse:
    async with engine.connect() as conn:
        before, after = await _version(conn, older), await _version(conn, to)
        directory = await read_directory(conn)
    return page(
        request,
        "rules/compare.html",
        before=before,
        after=after,
        meaning=await meaning(before.text, after.text, directory),
        rows=await RULES_TEXTS.run(difference, before.text, after.text),
        zone=signed.time_zone,
    )


@router.post("/versions/{number}/publish", dependencies=[Guarded])
async def publish_again(
    request: Request,
    engine: Engine,
    signed: Signed,
    number: Number,
    seen: Annotated[str, Form()] = "",
    shown: Annotated[str, Form()] = "",
) -> Response:
    """Go back to this version for everybody: publish its text with current names, and end any running rollout.

    Refused if the directory lacks something that the text names, or if the rules have changed since the page was
    loaded.
    """
    async with engine.connect() as conn:
        version = await _version(conn, number)
        text = await text_today(conn, version.text, number)
    seen_number = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else None
    here = f"/rules/versions/{number}"
    publishing = PublishRequest(f"Go back to version {number}", f"{here}/publish", here)
    if (preview := await preview_if_needed(request, engine, text, publishing, {"seen": seen}, shown)) is not None:
        return preview
    try:
        async with engine.begin() as conn:
            await restore_version(conn, number, seen_number, signed.name, current_time())
    except RulesRefused as refused:
        return await _version_page(request, engine, signed, number, 422, refused=refused)
    except StageMoved as moved:
        return await _version_page(request, engine, signed, number, 409, wrong=moved.detail)
    return RedirectResponse("/rules?said=published", 303)


async def _version_page(
    request: Request,
    engine: AsyncEngine,
    signed: SignedIn,
    number: int,
    status: int = 200,
    *,
    refused: RulesRefused | None = None,
    wrong: str = "",
) -> HTMLResponse:
    async with engine.connect() as conn:
        version = await _version(conn, number)
        current, running = await current_published(conn), await running_rollout(conn)
    checked = await RULES_TEXTS.run(shown, version.text, refused.diagnostics) if refused else None
    unchecked = CheckResult(version.text)
    return page(
        request,
        "rules/version.html",
        status,
        version=version,
        current=current,
        running=running,
        lines=unchecked.lines,
        lines_left_out=unchecked.lines_left_out,
        checked=checked,
        wrong=wrong,
        words=share_words,
        zone=signed.time_zone,
    )


async def _version(conn: AsyncConnection, number: int) -> PublishedRules:
    version = await published_number(conn, number)
    if version is None:
        raise HTTPException(404)
    return version
