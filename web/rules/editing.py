"""The rules that stand, and the editor: typing, checking, publishing. What was typed always stays."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from database.stores.directory import read_directory
from database.stores.rulesets import RulesMoved, current_published, publish
from rules_dsl import RulesRefused
from web.form_guard import Guarded
from web.page import page
from web.rules.checked import Checked, check, plain, shown
from web.rules.meaning import meaning
from web.session import Signed

router = APIRouter(prefix="/rules")

Text = Annotated[str, Form()]
_LONGEST_REASON = 500


@router.get("")
async def standing_page(request: Request, signed: Signed, said: str = "") -> HTMLResponse:
    async with request.app.state.engine.connect() as conn:
        standing = await current_published(conn)
        directory = await read_directory(conn)
    checked = await check(standing.text, directory) if standing else None
    return page(
        request,
        "rules/standing.html",
        standing=standing,
        checked=checked,
        said=said if said in ("published", "unchanged") else "",
        zone=signed.time_zone,
    )


@router.get("/edit")
async def edit_page(request: Request, signed: Signed) -> HTMLResponse:
    async with request.app.state.engine.connect() as conn:
        standing = await current_published(conn)
        directory = await read_directory(conn)
    checked = await check(standing.text, directory) if standing else Checked("", ())
    return _editor(request, checked, standing.number if standing else None)


@router.post("/check", dependencies=[Guarded])
async def check_text(
    request: Request, signed: Signed, text: Text = "", reason: Text = "", based_on: Text = ""
) -> Response:
    """The messages, and what changes for whom: alone where the page asks as one types; else the whole editor."""
    async with request.app.state.engine.connect() as conn:
        standing, directory = await current_published(conn), await read_directory(conn)
    checked = await check(plain(text), directory)
    means = None if standing is None or checked.errors else await meaning(standing.text, checked.text, directory)
    if request.headers.get("hx-request") == "true":
        return page(request, "rules/_messages.html", checked=checked, meaning=means)
    return _editor(request, checked, _number(based_on), reason=reason, asked=True, meaning=means)


@router.post("/publish", dependencies=[Guarded])
async def publish_text(
    request: Request, signed: Signed, text: Text = "", reason: Text = "", based_on: Text = ""
) -> Response:
    """Refused while there are errors, without a reason, or over a version that its author has not seen."""
    engine, typed, base = request.app.state.engine, plain(text), _number(based_on)
    async with engine.connect() as conn:
        standing, directory = await current_published(conn), await read_directory(conn)
    checked = await check(typed, directory)
    if checked.errors:
        wrong = "Not published: the rules below have errors. The rules that stood still stand."
        return _editor(request, checked, base, 422, reason=reason, wrong=wrong)
    if not reason.strip():
        wrong = "Say why, in a few words. It stands beside the version."
        means = None if standing is None else await meaning(standing.text, typed, directory)
        return _editor(request, checked, base, 422, reason_wrong=wrong, meaning=means)
    try:
        async with engine.begin() as conn:
            why = reason.strip()[:_LONGEST_REASON]
            published = await publish(conn, typed, signed.name, why, base, datetime.now(UTC))
    except RulesMoved as moved:
        return _editor(
            request, checked, moved.number, 409, reason=reason, wrong=moved.detail, compare=(base, moved.number)
        )
    except RulesRefused as refused:
        wrong = "Not published: the directory has just changed, and these rules no longer fit it."
        return _editor(request, shown(typed, refused.messages), base, 422, reason=reason, wrong=wrong)
    same = standing is not None and standing.number == published.number
    return RedirectResponse(f"/rules?said={'unchanged' if same else 'published'}", 303)


def _editor(
    request: Request, checked: Checked, based_on: int | None, status: int = 200, **context: Any
) -> HTMLResponse:
    known = {"reason": "", "wrong": "", "reason_wrong": "", "compare": None, "asked": False}
    return page(request, "rules/editor.html", status, checked=checked, based_on=based_on, **(known | context))


def _number(field: str) -> int | None:
    return int(field) if field.isascii() and field.isdigit() and len(field) < 10 else None
