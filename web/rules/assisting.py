"""Help while writing rules: completions, formatting, and the pages that explain diagnostics."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.exceptions import HTTPException

from database.bounded_threads import RULES_TEXTS
from database.stores.directory.read import read_directory
from rules_dsl import Completion, FormattingFailed, RulesRefused, complete, format_rules
from web.dependencies import AppSettings, Engine
from web.page import page
from web.rules.checked import LONGEST
from web.rules.draft import Draft, Sent, read_review_context, review_draft
from web.rules.editing import editor
from web.security.csrf import Guarded

router = APIRouter(prefix="/rules")

PAGES = Path(__file__).parents[2] / "docs" / "messages"
_CODE = re.compile(r"R\d{3}")
_MARKED = re.compile(r"(`[^`\n]+`|\*\*[^*\n]+\*\*)")
MOST_OFFERED = 60


@router.post("/complete", dependencies=[Guarded])
async def completions(engine: Engine, draft: Sent, offset: Annotated[int, Form(ge=0, le=LONGEST)] = 0) -> JSONResponse:
    """Completions at an offset in characters, likeliest first. Each has the range that it replaces."""
    options: tuple[Completion, ...] = ()
    if len(draft.text) <= LONGEST:
        async with engine.connect() as conn:
            directory = await read_directory(conn)
        options = await RULES_TEXTS.run(complete, draft.text, offset, directory)
    return JSONResponse({"options": [_option(option) for option in options[:MOST_OFFERED]]})


def _option(option: Completion) -> dict[str, Any]:
    return {
        "label": option.label,
        "insert": option.insert,
        "start": option.start,
        "end": option.end,
        "detail": option.detail,
        "info": option.info,
    }


@router.post("/format", dependencies=[Guarded])
async def format_text(request: Request, engine: Engine, settings: AppSettings, draft: Sent) -> Response:
    """The formatted text: JSON for the editor's script, otherwise the editor's page."""
    text, wrong = await RULES_TEXTS.run(_format, draft.text)
    if request.headers.get("accept", "").startswith("application/json"):
        return JSONResponse({"text": text, "wrong": wrong})
    formatted = Draft(text, draft.reason, draft.base, draft.fields)
    review = await review_draft(formatted, await read_review_context(engine))
    return editor(request, settings.room_url, formatted, review, 422 if wrong else 200, wrong=wrong)


def _format(text: str) -> tuple[str, str]:
    """The formatted text, or the unchanged text with a sentence that says why."""
    if len(text) > LONGEST or not text.strip():
        return text, "There is nothing to tidy up." if len(text) <= LONGEST else "Too long to tidy up."
    try:
        return format_rules(text), ""
    except RulesRefused as refused:
        line = refused.diagnostics[0].line
        return text, f"Not tidied up: line {line} can’t be read yet. Nothing was changed."
    except FormattingFailed:
        return text, "Not tidied up: the result would have had another meaning. Nothing was changed."


@router.get("/messages/{code}")
async def diagnostic_page(request: Request, code: str) -> HTMLResponse:
    """What a diagnostic means and what to write instead, from the documentation."""
    path = PAGES / f"{code}.md"
    if not _CODE.fullmatch(code) or not path.is_file():
        raise HTTPException(404)
    title, *parts = _parts(path.read_text("utf-8"))
    return page(request, "rules/message.html", title=title[1][0].removeprefix("# "), parts=parts)


def _parts(text: str) -> list[tuple[str, list[str]]]:
    """Paragraphs, each split into alternating plain and marked-up pieces, and fenced examples, each left whole."""
    parts: list[tuple[str, list[str]]] = []
    for number, piece in enumerate(re.split(r"^```\w*\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)):
        if number % 2:
            parts.append(("example", [piece]))
        else:
            paragraphs = (paragraph.strip() for paragraph in piece.split("\n\n"))
            parts += [("paragraph", _MARKED.split(paragraph)) for paragraph in paragraphs if paragraph]
    return parts
