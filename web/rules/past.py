"""A draft tried on the past: inside the editor where the page asks for a part, else on a page of its own."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores.backtest.read import try_draft
from database.stores.directory.read import read_directory
from database.stores.rules.versions import current_published
from rules_dsl import Directory, Ruleset, draft_rules
from web.dependencies import engine_of
from web.page import page
from web.rules.checked import LONGEST, CheckResult, check, plain
from web.rules.past_words import SHOWN, PastView, past_view, treated
from web.security.csrf import Guarded
from web.security.session import Signed

router = APIRouter(prefix="/rules")

SPANS = (1, 4, 12)
"""Weeks."""
USUAL = 4
Field = Annotated[str, Form()]


@router.post("/past", dependencies=[Guarded])
async def past_of_draft(
    request: Request, signed: Signed, text: Field = "", weeks: Field = "", reason: Field = "", based_on: Field = ""
) -> Response:
    span = next((known for known in SPANS if weeks == str(known)), USUAL)
    draft = plain(text)
    checked, view, wrong = await _tried(engine_of(request), draft, span)
    part = request.headers.get("hx-request") == "true"
    return page(
        request,
        "rules/_past_result.html" if part else "rules/past.html",
        200 if part or not wrong else 422,
        part=part,
        checked=checked,
        view=view,
        wrong=wrong,
        text=draft,
        reason=reason,
        based_on=based_on,
        weeks=span,
        spans=SPANS,
        shown=SHOWN,
        treated=treated,
        zone=signed.time_zone,
    )


async def _tried(engine: AsyncEngine, draft: str, weeks: int) -> tuple[CheckResult | None, PastView | None, str]:
    """The trial; or what is wrong with the draft, and why there is no trial."""
    async with engine.connect() as conn:
        standing, directory = await current_published(conn), await read_directory(conn)
        if standing is None:
            return None, None, "No rules have been published yet, so there is no past to try these on."
        before, after = await asyncio.to_thread(_compiled, standing.text, draft, directory)
        if after is None:
            checked = await check(draft, directory)
            return checked, None, "Not tried: the rules have errors. Mend them first; then try them on the past."
        if before is None:
            wrong = "Not tried: the rules that stand no longer fit the directory, so there is nothing to compare with."
            return None, None, wrong
        tried = await try_draft(conn, before, after, directory, weeks, datetime.now(UTC))
    return None, past_view(tried), ""


def _compiled(standing: str, draft: str, directory: Directory) -> tuple[Ruleset | None, Ruleset | None]:
    after = draft_rules(draft, directory) if len(draft) <= LONGEST else None
    return draft_rules(standing, directory), after
