"""The list of people, searchable by name, team, title and skill."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from database.stores.staff.people import PAGE, PeopleFilter, find_people
from web.dependencies import Engine
from web.directory.card_form import chosen_number
from web.directory.names import choices
from web.page import page

router = APIRouter(prefix="/directory")


@router.get("")
async def people_page(request: Request, engine: Engine, q: str = "", skip: int = 1) -> HTMLResponse:
    query = request.query_params
    sieve = PeopleFilter(
        q[:100], _chosen(query, "team"), _chosen(query, "title"), _chosen(query, "skill"), query.get("gone") == "yes"
    )
    at = max(1, min(skip, 10_000))
    async with engine.connect() as conn:
        people, total = await find_people(conn, sieve, at)
        all_choices = await choices(conn)
    kept = {name: query[name] for name in ("q", "team", "title", "skill", "gone") if query.get(name)}
    return page(
        request,
        "directory/people.html",
        people=people,
        total=total,
        at=at,
        pages=max(1, -(-total // PAGE)),
        sieve=sieve,
        kept=kept,
        **all_choices,
    )


def _chosen(query: Mapping[str, str], name: str) -> int | None:
    text = query.get(name, "")
    return chosen_number(text) if text.isascii() and text.isdigit() else None
