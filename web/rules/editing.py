"""The current rules, and the editor, which checks, tries and publishes a draft. A refused draft is kept."""

from __future__ import annotations

import secrets
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from database.bounded_threads import RULES_TEXTS
from database.clock import current_time
from database.stores.directory.read import read_directory
from database.stores.rules.rollouts import running_rollout
from database.stores.rules.versions import RulesMoved, current_published, publish
from domain.rollout.steps import EVERYBODY, ROLLOUT_STEPS, StageRuns, share_words
from rules_dsl import RulesRefused
from web.dependencies import AppSettings, Engine
from web.page import page
from web.rules.checked import CheckResult, check, shown
from web.rules.draft import FILL, Draft, DraftReview, Sent, read_review_context, review_draft, try_sample
from web.rules.renamed import with_todays_names
from web.rules.weighing import PublishRequest, preview_if_needed
from web.security.csrf import Guarded
from web.security.headers import content_policy
from web.security.session import Signed

router = APIRouter(prefix="/rules")

_LONGEST_REASON = 500


@router.get("")
async def current_page(request: Request, engine: Engine, signed: Signed, said: str = "") -> HTMLResponse:
    async with engine.connect() as conn:
        current, running = await current_published(conn), await running_rollout(conn)
        directory = await read_directory(conn)
    checked = await check(current.text, directory) if current else None
    return page(
        request,
        "rules/current.html",
        current=current,
        checked=checked,
        said=said if said in ("published", "unchanged") else "",
        running=running,
        words=share_words,
        zone=signed.time_zone,
    )


@router.get("/edit")
async def edit_page(request: Request, engine: Engine, settings: AppSettings) -> HTMLResponse:
    context = await read_review_context(engine)
    current = context.current
    draft = Draft(current.text if current else "", "", current.number if current else None, {})
    checked = await check(draft.text, context.directory) if current else CheckResult("")
    review = DraftReview(checked, None, await try_sample(draft.text, {}, context))
    async with engine.connect() as conn:
        running = await running_rollout(conn)
    return editor(request, settings.room_url, draft, review, fresh=True, running=running)


@router.post("/check", dependencies=[Guarded])
async def check_text(request: Request, engine: Engine, settings: AppSettings, draft: Sent) -> Response:
    """The review of a draft: if the editor's script asks, only the review's parts, otherwise the whole page."""
    review = await review_draft(draft, await read_review_context(engine))
    if request.headers.get("hx-request") == "true":
        return page(request, "rules/_review.html", **vars(review))
    draft, renamed = await with_todays_names(engine, draft)
    if renamed:
        review = await review_draft(draft, await read_review_context(engine))
    return editor(request, settings.room_url, draft, review, show_text=True, renamed=renamed)


@router.post("/try", dependencies=[Guarded])
async def try_page(request: Request, engine: Engine, settings: AppSettings, draft: Sent) -> Response:
    """The result for a sample: if the editor's script asks, only the result, otherwise the whole page."""
    context = await read_review_context(engine)
    if request.headers.get("hx-request") == "true":
        result = await try_sample(draft.text, draft.fields, context)
        # Leaves the fields alone while somebody is typing in them, unless their content or their errors change.
        redraw_fields = FILL in draft.fields or "wrong_before" in draft.fields or result.read.wrong
        template = "rules/_sample_filled.html" if redraw_fields else "rules/_sample_result.html"
        return page(request, template, result=result)
    return editor(request, settings.room_url, draft, await review_draft(draft, context), show_text=True)


@router.post("/publish", dependencies=[Guarded])
async def publish_text(
    request: Request, engine: Engine, settings: AppSettings, signed: Signed, draft: Sent
) -> Response:
    """Publish a draft. Refused if it has errors or no reason, or if its author hasn't seen the current version.

    First shows which booked calls could not be served under the draft.
    """
    draft, renamed = await with_todays_names(engine, draft)
    context = await read_review_context(engine)
    review = await review_draft(draft, context)

    def refuse(status: int, draft: Draft = draft, review: DraftReview = review, **more: Any) -> HTMLResponse:
        return editor(request, settings.room_url, draft, review, status, **{"renamed": renamed} | more)

    if review.checked.errors:
        return refuse(422, wrong="Not published: the rules below have errors. The current rules stay in force.")
    if not draft.reason.strip():
        return refuse(422, reason_wrong="Please give the reason, in a few words. It is shown with the version.")
    share = _share(draft)
    publishing = PublishRequest(f"Publish these rules to {share_words(share)}", "/rules/publish")
    preview = await preview_if_needed(request, engine, draft.text, publishing, draft.fields, draft.fields.get("shown"))
    if preview is not None:
        return preview
    try:
        async with engine.begin() as conn:
            reason, now = draft.reason.strip()[:_LONGEST_REASON], current_time()
            published = await publish(conn, draft.text, signed.name, reason, draft.base, now, percent=share)
    except StageRuns as running:
        return refuse(409, wrong=running.detail)
    except RulesMoved as moved:
        rebased = Draft(draft.text, draft.reason, moved.number, draft.fields)
        return refuse(409, rebased, wrong=moved.detail, compare=(draft.base, moved.number), renamed=())
    except RulesRefused as refused:
        wrong = "Not published: the directory has just changed, and these rules no longer fit it."
        checked = await RULES_TEXTS.run(shown, draft.text, refused.diagnostics)
        return refuse(422, review=DraftReview(checked, None, review.result), wrong=wrong, renamed=())
    if published.adopted_at is None:
        return RedirectResponse("/rules/stages?said=started", 303)
    same = context.current is not None and context.current.number == published.number
    return RedirectResponse(f"/rules?said={'unchanged' if same else 'published'}", 303)


def _share(draft: Draft) -> int:
    """The percentage of customers to publish to: the chosen rollout step, otherwise everybody."""
    chosen = draft.fields.get("percent")
    return next((step for step in ROLLOUT_STEPS if str(step) == chosen), EVERYBODY)


def editor(
    request: Request, room_url: str, draft: Draft, review: DraftReview, status: int = 200, **context: Any
) -> HTMLResponse:
    """The editor's page. A nonce unique to this response lets its script add one style sheet."""
    defaults: dict[str, Any] = {"wrong": "", "reason_wrong": "", "compare": None, "show_text": False, "fresh": False}
    defaults |= {"running": None, "renamed": (), "shares": ROLLOUT_STEPS, "words": share_words}
    nonce = secrets.token_urlsafe(16)
    response = page(
        request,
        "rules/editor.html",
        status,
        **defaults | vars(review) | context,
        reason=draft.reason,
        based_on=draft.base,
        nonce=nonce,
    )
    response.headers["Content-Security-Policy"] = content_policy(room_url, nonce)
    return response
