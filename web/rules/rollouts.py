"""A candidate on some of the customers: how it does beside the standing rules, the next stage, rolling back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Path, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.exceptions import HTTPException

from database.stores.directory.read import read_directory
from database.stores.rules.rollout_outcomes import rollout_cases, rollout_sides
from database.stores.rules.rollouts import Rollout, advance, all_rollouts, find_rollout, roll_back, running_rollout
from database.stores.rules.versions import RulesOutdated, compiled, current_published
from domain.rollout.outcomes import compare
from domain.rollout.steps import EVERYBODY, ROLLOUT_STEPS, StageMoved, StageUnfit, next_rollout_step, share_words
from web.dependencies import engine_of
from web.page import page
from web.rules import rollout_words
from web.rules.weighing import PublishRequest, shown_first
from web.security.csrf import Guarded
from web.security.session import Signed

router = APIRouter(prefix="/rules/stages")

Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
Typed = Annotated[str, Form()]
LONGEST_REASON = 500


@router.get("")
async def rollouts_page(request: Request, signed: Signed) -> Response:
    """The stage that runs; where none does, the earlier ones."""
    async with engine_of(request).connect() as conn:
        running = await running_rollout(conn)
        found = [] if running else await all_rollouts(conn)
        standing = await current_published(conn)
    if running is not None:
        said = "?said=started" if request.query_params.get("said") == "started" else ""
        return RedirectResponse(f"/rules/stages/{running.id}{said}", 303)
    return page(
        request, "rules/rollouts.html", rollouts=found, standing=standing, words=share_words, zone=signed.time_zone
    )


@router.get("/{number}")
async def rollout_page(request: Request, signed: Signed, number: Number, share: int = 0) -> HTMLResponse:
    return await _page(request, signed, number, share)


@router.post("/{number}/next", dependencies=[Guarded])
async def next_page(
    request: Request,
    signed: Signed,
    number: Number,
    seen: Typed = "",
    to: Typed = "",
    reason: Typed = "",
    shown: Typed = "",
) -> Response:
    """The next share, or the one that was chosen. Refused where the page was older than the stage."""
    stood, chosen = _percent(seen), _percent(to)
    why = reason.strip()[:LONGEST_REASON] or f"On to {share_words(chosen)}"
    if (first := await _weighed_first(request, number, {"seen": seen, "to": to, "reason": reason}, shown)) is not None:
        return first
    try:
        async with engine_of(request).begin() as conn:
            await advance(conn, number, stood, chosen, signed.name, why, datetime.now(UTC))
    except (StageMoved, StageUnfit) as refused:
        return await _page(request, signed, number, 0, 409, wrong=refused.detail)
    return RedirectResponse(f"/rules/stages/{number}?said={'everybody' if chosen == EVERYBODY else 'next'}", 303)


async def _weighed_first(request: Request, number: int, fields: dict[str, object], shown: str) -> HTMLResponse | None:
    """What the candidate could not serve of the calls that are booked, where that is new."""
    async with engine_of(request).connect() as conn:
        found = await find_rollout(conn, number)
    if found is None or found.outcome is not None:
        return None
    here, more = f"/rules/stages/{number}", share_words(_percent(str(fields["to"])))
    asked = PublishRequest(f"Give version {found.candidate.number} to {more}", f"{here}/next", here)
    return await shown_first(request, found.candidate.text, asked, fields, shown)


@router.post("/{number}/roll-back", dependencies=[Guarded])
async def roll_back_page(request: Request, signed: Signed, number: Number, reason: Typed = "") -> Response:
    try:
        async with engine_of(request).begin() as conn:
            why = reason.strip()[:LONGEST_REASON] or "Rolled back"
            await roll_back(conn, number, signed.name, why, datetime.now(UTC))
    except StageMoved as moved:
        return await _page(request, signed, number, 0, 409, wrong=moved.detail)
    return RedirectResponse(f"/rules/stages/{number}?said=back", 303)


async def _page(
    request: Request, signed: Signed, number: int, share: int, status: int = 200, wrong: str = ""
) -> HTMLResponse:
    async with engine_of(request).connect() as conn:
        found = await find_rollout(conn, number)
        if found is None:
            raise HTTPException(404)
        shares = _shares(found)
        chosen = share if share in shares else shares[-1]
        candidate, standing = await rollout_sides(conn, found.id, chosen)
        cases = await rollout_cases(conn, found.id)
        problem = await _problem(request, found)
        stands = await current_published(conn)
    compared = compare(candidate, standing, chosen)
    named = f"Version {found.candidate.number}", f"Version {found.current.number}"
    return page(
        request,
        "rules/rollout.html",
        status,
        rollout=found,
        stands=stands,
        shares=shares,
        chosen=chosen,
        cases=cases,
        sides=(candidate, standing),
        headline=rollout_words.headline(compared),
        cards=rollout_words.cards(compared, *named),
        next_share=next_rollout_step(found.percent),
        later=[step for step in ROLLOUT_STEPS if step > next_rollout_step(found.percent)],
        words=share_words,
        problem=problem,
        said=request.query_params.get("said", ""),
        wrong=wrong,
        zone=signed.time_zone,
    )


def _shares(found: Rollout) -> list[int]:
    """The stages in which some customers had the candidate and some had not."""
    return list(dict.fromkeys(step.percent for step in found.steps if step.percent < EVERYBODY))


async def _problem(request: Request, found: Rollout) -> str:
    """Why a running candidate decides nothing any more; else empty."""
    if found.outcome is not None:
        return ""
    async with engine_of(request).connect() as conn:
        directory = await read_directory(conn)
    try:
        await compiled(found.candidate.text, directory)
    except RulesOutdated as outdated:
        return outdated.problem
    return ""


def _percent(field: str) -> int:
    return int(field) if field.isascii() and field.isdigit() and len(field) < 4 else 0
