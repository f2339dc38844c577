"""The rules that stand, and the editor: typing, checking, trying, publishing. What was typed always stays."""

from __future__ import annotations

import asyncio
import secrets
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from database.stores.directory.read import read_directory
from database.stores.rules.rollouts import running_rollout
from database.stores.rules.versions import RulesMoved, current_published, publish
from domain.rollout.steps import EVERYBODY, ROLLOUT_STEPS, StageRuns, share_words
from rules_dsl import RulesRefused
from web.dependencies import engine_of, settings_of
from web.page import page
from web.rules.checked import CheckResult, check, shown
from web.rules.draft import FILL, Draft, DraftReview, Sent, judge, read_ground, try_draft
from web.rules.renamed import with_todays_names
from web.rules.weighing import PublishRequest, shown_first
from web.security.csrf import Guarded
from web.security.headers import content_policy
from web.security.session import Signed

router = APIRouter(prefix="/rules")

_LONGEST_REASON = 500


@router.get("")
async def standing_page(request: Request, signed: Signed, said: str = "") -> HTMLResponse:
    async with engine_of(request).connect() as conn:
        standing, running = await current_published(conn), await running_rollout(conn)
        directory = await read_directory(conn)
    checked = await check(standing.text, directory) if standing else None
    return page(
        request,
        "rules/standing.html",
        standing=standing,
        checked=checked,
        said=said if said in ("published", "unchanged") else "",
        running=running,
        words=share_words,
        zone=signed.time_zone,
    )


@router.get("/edit")
async def edit_page(request: Request, signed: Signed) -> HTMLResponse:
    ground = await read_ground(engine_of(request))
    standing = ground.standing
    draft = Draft(standing.text if standing else "", "", standing.number if standing else None, {})
    checked = await check(draft.text, ground.directory) if standing else CheckResult("")
    judged = DraftReview(checked, None, await try_draft(draft.text, {}, ground))
    async with engine_of(request).connect() as conn:
        running = await running_rollout(conn)
    return editor(request, draft, judged, fresh=True, running=running)


@router.post("/check", dependencies=[Guarded])
async def check_text(request: Request, signed: Signed, draft: Sent) -> Response:
    """The messages, what changes for whom, and who is asked when: alone as one types; else the whole editor."""
    judged = await judge(draft, await read_ground(engine_of(request)))
    if request.headers.get("hx-request") == "true":
        return page(request, "rules/_judged.html", checked=judged.checked, meaning=judged.meaning, tried=judged.tried)
    draft, renamed = await with_todays_names(engine_of(request), draft)
    if renamed:
        judged = await judge(draft, await read_ground(engine_of(request)))
    return editor(request, draft, judged, asked=True, renamed=renamed)


@router.post("/try", dependencies=[Guarded])
async def try_sample(request: Request, signed: Signed, draft: Sent) -> Response:
    """Who is asked when for the sample, and why: alone where the page asks for it; else the whole editor."""
    ground = await read_ground(engine_of(request))
    if request.headers.get("hx-request") == "true":
        tried = await try_draft(draft.text, draft.fields, ground)
        # What is being typed is left alone, unless the fields themselves have something new to say.
        redrawn = FILL in draft.fields or "wrong_before" in draft.fields or tried.read.wrong
        return page(request, "rules/_filled.html" if redrawn else "rules/_tried.html", tried=tried)
    return editor(request, draft, await judge(draft, ground), asked=True)


@router.post("/publish", dependencies=[Guarded])
async def publish_text(request: Request, signed: Signed, draft: Sent) -> Response:
    """Refused while there are errors, without a reason, or over a version that its author has not seen.

    What it takes from the seats of booked calls is shown before it is done.
    """
    engine = engine_of(request)
    draft, renamed = await with_todays_names(engine, draft)
    ground = await read_ground(engine)
    judged = await judge(draft, ground)
    if judged.checked.errors:
        wrong = "Not published: the rules below have errors. The rules that stood still stand."
        return editor(request, draft, judged, 422, wrong=wrong, renamed=renamed)
    if not draft.reason.strip():
        wrong = "Say why, in a few words. It stands beside the version."
        return editor(request, draft, judged, 422, reason_wrong=wrong, renamed=renamed)
    asked = PublishRequest(f"Publish these rules to {share_words(_share(draft))}", "/rules/publish")
    if (first := await shown_first(request, draft.text, asked, draft.fields, draft.fields.get("shown"))) is not None:
        return first
    try:
        async with engine.begin() as conn:
            why = draft.reason.strip()[:_LONGEST_REASON]
            now, share = datetime.now(UTC), _share(draft)
            published = await publish(conn, draft.text, signed.name, why, draft.base, now, percent=share)
    except StageRuns as runs:
        return editor(request, draft, judged, 409, wrong=runs.detail, renamed=renamed)
    except RulesMoved as moved:
        newer = Draft(draft.text, draft.reason, moved.number, draft.fields)
        return editor(request, newer, judged, 409, wrong=moved.detail, compare=(draft.base, moved.number))
    except RulesRefused as refused:
        wrong = "Not published: the directory has just changed, and these rules no longer fit it."
        told = await asyncio.to_thread(shown, draft.text, refused.diagnostics)
        outgrown = DraftReview(told, None, judged.tried)
        return editor(request, draft, outgrown, 422, wrong=wrong)
    if published.adopted_at is None:
        return RedirectResponse("/rules/stages?said=started", 303)
    same = ground.standing is not None and ground.standing.number == published.number
    return RedirectResponse(f"/rules?said={'unchanged' if same else 'published'}", 303)


def _share(draft: Draft) -> int:
    """For how many percent it is to be published; everybody where nothing fit was chosen."""
    chosen = draft.fields.get("percent")
    return next((step for step in ROLLOUT_STEPS if str(step) == chosen), EVERYBODY)


def editor(request: Request, draft: Draft, judged: DraftReview, status: int = 200, **context: Any) -> HTMLResponse:
    """The editor's page. Its script may add one style sheet, by a nonce of this answer alone."""
    known: dict[str, Any] = {"wrong": "", "reason_wrong": "", "compare": None, "asked": False, "fresh": False}
    known |= {"running": None, "renamed": (), "shares": ROLLOUT_STEPS, "words": share_words}
    nonce = secrets.token_urlsafe(16)
    answer = page(
        request,
        "rules/editor.html",
        status,
        **known | {"checked": judged.checked, "meaning": judged.meaning, "tried": judged.tried} | context,
        reason=draft.reason,
        based_on=draft.base,
        nonce=nonce,
    )
    answer.headers["Content-Security-Policy"] = content_policy(settings_of(request).room_url, nonce)
    return answer
