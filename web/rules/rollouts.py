"""Rollouts: a candidate for some of the customers, compared with the current rules; continuing and rolling back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Path, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from starlette.exceptions import HTTPException

from database.clock import current_time
from database.stores.directory.read import read_directory
from database.stores.rules.rollout_outcomes import rollout_cases, rollout_sides
from database.stores.rules.rollouts import Rollout, advance, all_rollouts, find_rollout, roll_back, running_rollout
from database.stores.rules.versions import RulesOutdated, compiled, current_published
from domain.rollout.outcomes import compare
from domain.rollout.steps import EVERYBODY, ROLLOUT_STEPS, StageMoved, StageUnfit, next_rollout_step, share_words
from web.dependencies import Engine
from web.page import page
from web.rules import rollout_words
from web.rules.weighing import PublishRequest, preview_if_needed
from web.security.csrf import Guarded
from web.security.session import Signed, SignedIn

router = APIRouter(prefix="/rules/stages")

Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
Typed = Annotated[str, Form()]
LONGEST_REASON = 500


@router.get("")
async def rollouts_page(request: Request, engine: Engine, signed: Signed) -> Response:
    """The running rollout or, if there is none, the list of earlier ones."""
    async with engine.connect() as conn:
        running = await running_rollout(conn)
        rollouts = [] if running else await all_rollouts(conn)
        current = await current_published(conn)
    if running is not None:
        query = "?said=started" if request.query_params.get("said") == "started" else ""
        return RedirectResponse(f"/rules/stages/{running.id}{query}", 303)
    return page(
        request, "rules/rollouts.html", rollouts=rollouts, current=current, words=share_words, zone=signed.time_zone
    )


@router.get("/{number}")
async def rollout_page(
    request: Request, engine: Engine, signed: Signed, number: Number, share: int = 0
) -> HTMLResponse:
    return await _page(request, engine, signed, number, share)


@router.post("/{number}/next", dependencies=[Guarded])
async def next_page(
    request: Request,
    engine: Engine,
    signed: Signed,
    number: Number,
    seen: Typed = "",
    to: Typed = "",
    reason: Typed = "",
    shown: Typed = "",
) -> Response:
    """Continue the rollout to the chosen share. Refused if it has moved on since the page was loaded."""
    seen_share, chosen = _percent(seen), _percent(to)
    why = reason.strip()[:LONGEST_REASON] or f"On to {share_words(chosen)}"
    fields: dict[str, object] = {"seen": seen, "to": to, "reason": reason}
    if (preview := await _preview(request, engine, number, fields, shown)) is not None:
        return preview
    try:
        async with engine.begin() as conn:
            await advance(conn, number, seen_share, chosen, signed.name, why, current_time())
    except (StageMoved, StageUnfit) as refused:
        return await _page(request, engine, signed, number, 0, 409, wrong=refused.detail)
    return RedirectResponse(f"/rules/stages/{number}?said={'everybody' if chosen == EVERYBODY else 'next'}", 303)


async def _preview(
    request: Request, engine: AsyncEngine, number: int, fields: dict[str, object], shown: str
) -> HTMLResponse | None:
    """The page with the booked calls that the candidate's rules could not serve; None if there are none to show."""
    async with engine.connect() as conn:
        rollout = await find_rollout(conn, number)
    if rollout is None or rollout.outcome is not None:
        return None
    here, share = f"/rules/stages/{number}", share_words(_percent(str(fields["to"])))
    publishing = PublishRequest(f"Give version {rollout.candidate.number} to {share}", f"{here}/next", here)
    return await preview_if_needed(request, engine, rollout.candidate.text, publishing, fields, shown)


@router.post("/{number}/roll-back", dependencies=[Guarded])
async def roll_back_page(
    request: Request, engine: Engine, signed: Signed, number: Number, reason: Typed = ""
) -> Response:
    try:
        async with engine.begin() as conn:
            why = reason.strip()[:LONGEST_REASON] or "Rolled back"
            await roll_back(conn, number, signed.name, why, current_time())
    except StageMoved as moved:
        return await _page(request, engine, signed, number, 0, 409, wrong=moved.detail)
    return RedirectResponse(f"/rules/stages/{number}?said=back", 303)


async def _page(
    request: Request,
    engine: AsyncEngine,
    signed: SignedIn,
    number: int,
    share: int,
    status: int = 200,
    wrong: str = "",
) -> HTMLResponse:
    async with engine.connect() as conn:
        rollout = await find_rollout(conn, number)
        if rollout is None:
            raise HTTPException(404)
        shares = _shares(rollout)
        chosen = share if share in shares else shares[-1]
        sides = await rollout_sides(conn, rollout.id, chosen)
        cases = await rollout_cases(conn, rollout.id)
        problem = await _problem(conn, rollout)
        current = await current_published(conn)
    comparisons = compare(*sides, chosen)
    names = f"Version {rollout.candidate.number}", f"Version {rollout.current.number}"
    return page(
        request,
        "rules/rollout.html",
        status,
        rollout=rollout,
        current=current,
        shares=shares,
        chosen=chosen,
        cases=cases,
        sides=sides,
        headline=rollout_words.headline(comparisons),
        cards=rollout_words.cards(comparisons, *names),
        next_share=next_rollout_step(rollout.percent),
        later=[step for step in ROLLOUT_STEPS if step > next_rollout_step(rollout.percent)],
        words=share_words,
        problem=problem,
        said=request.query_params.get("said", ""),
        wrong=wrong,
        zone=signed.time_zone,
    )


def _shares(rollout: Rollout) -> list[int]:
    """The shares of the steps in which both versions had customers."""
    return list(dict.fromkeys(step.percent for step in rollout.steps if step.percent < EVERYBODY))


async def _problem(conn: AsyncConnection, rollout: Rollout) -> str:
    """Why a running candidate no longer decides anything; empty if it still does."""
    if rollout.outcome is not None:
        return ""
    directory = await read_directory(conn)
    try:
        await compiled(rollout.candidate.text, directory)
    except RulesOutdated as outdated:
        return outdated.problem
    return ""


def _percent(field: str) -> int:
    return int(field) if field.isascii() and field.isdigit() and len(field) < 4 else 0
