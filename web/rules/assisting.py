"""Help while writing: what may stand at the cursor, the one way to lay a file out, and a page a message code."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.exceptions import HTTPException

from database.stores.directory.read import read_directory
from rules_dsl import Completion, FormattingFailed, RulesRefused, complete, format_rules
from web.dependencies import engine_of
from web.page import page
from web.rules.checked import LONGEST
from web.rules.draft import Draft, Sent, judge, read_ground
from web.rules.editing import editor
from web.security.csrf import Guarded
from web.security.session import Signed

router = APIRouter(prefix="/rules")

PAGES = Path(__file__).parents[2] / "docs" / "messages"
_CODE = re.compile(r"R\d{3}")
_MARKED = re.compile(r"(`[^`\n]+`|\*\*[^*\n]+\*\*)")
MOST_OFFERED = 60


@router.post("/complete", dependencies=[Guarded])
async def completions(
    request: Request, signed: Signed, draft: Sent, offset: Annotated[int, Form(ge=0, le=LONGEST)] = 0
) -> JSONResponse:
    """What may stand at an offset, counted in characters, likeliest first. Each names the stretch it takes."""
    found: tuple[Completion, ...] = ()
    if len(draft.text) <= LONGEST:
        async with engine_of(request).connect() as conn:
            directory = await read_directory(conn)
        found = await asyncio.to_thread(complete, draft.text, offset, directory)
    return JSONResponse({"options": [_option(one) for one in found[:MOST_OFFERED]]})


def _option(one: Completion) -> dict[str, Any]:
    found = {"label": one.label, "insert": one.insert, "start": one.start, "end": one.end, "detail": one.detail}
    return found | {"info": one.info}


@router.post("/format", dependencies=[Guarded])
async def format_text(request: Request, signed: Signed, draft: Sent) -> Response:
    """Laid out: as JSON for the editor's script; else the whole editor with the text laid out."""
    text, wrong = await asyncio.to_thread(_laid_out, draft.text)
    if request.headers.get("accept", "").startswith("application/json"):
        return JSONResponse({"text": text, "wrong": wrong})
    laid_out = Draft(text, draft.reason, draft.base, draft.fields)
    judged = await judge(laid_out, await read_ground(engine_of(request)))
    return editor(request, laid_out, judged, 422 if wrong else 200, wrong=wrong)


def _laid_out(text: str) -> tuple[str, str]:
    """The text, and what stood in the way; with that, the text is as it was."""
    if len(text) > LONGEST or not text.strip():
        return text, "There is nothing to tidy up." if len(text) <= LONGEST else "Too long to tidy up."
    try:
        return format_rules(text), ""
    except RulesRefused as refused:
        line = refused.diagnostics[0].line
        return text, f"Not tidied up: line {line} is not understood yet. Nothing was changed."
    except FormattingFailed:
        return text, "Not tidied up: the result would have meant something else. Nothing was changed."


@router.get("/messages/{code}")
async def diagnostic_page(request: Request, signed: Signed, code: str) -> HTMLResponse:
    """What a message means and what to write instead, from the documentation."""
    path = PAGES / f"{code}.md"
    if not _CODE.fullmatch(code) or not path.is_file():
        raise HTTPException(404)
    title, *parts = _parts(path.read_text("utf-8"))
    return page(request, "rules/message.html", title=title[1][0].removeprefix("# "), parts=parts)


def _parts(text: str) -> list[tuple[str, list[str]]]:
    """Paragraphs in pieces (plain, then marked, in turn), and fenced examples whole."""
    parts: list[tuple[str, list[str]]] = []
    for place, piece in enumerate(re.split(r"^```\w*\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)):
        if place % 2:
            parts.append(("example", [piece]))
        else:
            said = (paragraph.strip() for paragraph in piece.split("\n\n"))
            parts += [("said", _MARKED.split(paragraph)) for paragraph in said if paragraph]
    return parts
