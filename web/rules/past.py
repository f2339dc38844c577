"""A draft's backtest: a part of the editor's page if its script asks, otherwise a page of its own."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from sqlalchemy.ext.asyncio import AsyncEngine

from database.bounded_threads import RULES_TEXTS
from database.clock import current_time
from database.stores.backtest.read import run_backtest
from database.stores.directory.read import read_directory
from database.stores.rules.versions import current_published
from rules_dsl import Directory, Ruleset, draft_rules
from web.dependencies import Reports
from web.page import page
from web.rules.checked import LONGEST, CheckResult, check, plain
from web.rules.past_words import SHOWN, PastView, past_view, treatment_words
from web.security.csrf import Guarded
from web.security.session import Signed

router = APIRouter(prefix="/rules")

SPANS = (1, 4, 12)
"""The numbers of weeks that can be chosen for a backtest."""
DEFAULT_SPAN = 4
Field = Annotated[str, Form()]


@router.post("/past", dependencies=[Guarded])
async def past_of_draft(
    request: Request,
    engine: Reports,
    signed: Signed,
    text: Field = "",
    weeks: Field = "",
    reason: Field = "",
    based_on: Field = "",
) -> Response:
    span = next((choice for choice in SPANS if weeks == str(choice)), DEFAULT_SPAN)
    draft = plain(text)
    checked, view, wrong = await _backtest(engine, draft, span)
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
        treatment_words=treatment_words,
        zone=signed.time_zone,
    )


async def _backtest(engine: AsyncEngine, draft: str, weeks: int) -> tuple[CheckResult | None, PastView | None, str]:
    """The diagnostics if the draft has errors, the backtest if it ran, and otherwise a sentence that says why not."""
    async with engine.connect() as conn:
        current, directory = await current_published(conn), await read_directory(conn)
        if current is None:
            return None, None, "No rules have been published yet, so there is nothing to compare these with."
        before, after = await RULES_TEXTS.run(_compile, current.text, draft, directory)
        if after is None:
            checked = await check(draft, directory)
            return checked, None, "Not tried: the rules have errors. Please fix them first."
        if before is None:
            wrong = "Not tried: the current rules no longer fit the directory, so there is nothing to compare with."
            return None, None, wrong
        backtest = await run_backtest(conn, before, after, directory, weeks, current_time())
    return None, past_view(backtest), ""


def _compile(current: str, draft: str, directory: Directory) -> tuple[Ruleset | None, Ruleset | None]:
    after = draft_rules(draft, directory) if len(draft) <= LONGEST else None
    return draft_rules(current, directory), after
