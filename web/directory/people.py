"""The list of people, found by their names, team, title and skills."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from database.stores.staff.people import PAGE, Sieve, find_people
from web.dependencies import engine_of
from web.directory.card_form import chosen_number
from web.directory.names import choices
from web.page import page
from web.security.session import Signed

router = APIRouter(prefix="/directory")


@router.get("")
async def people_page(request: Request, signed: Signed, q: str = "", skip: int = 1) -> HTMLResponse:
    asked = request.query_params
    sieve = Sieve(
        q[:100], _chosen(asked, "team"), _chosen(asked, "title"), _chosen(asked, "skill"), asked.get("gone") == "yes"
    )
    at = max(1, min(skip, 10_000))
    async with engine_of(request).connect() as conn:
        found, total = await find_people(conn, sieve, at)
        named = await choices(conn)
    kept = {name: asked[name] for name in ("q", "team", "title", "skill", "gone") if asked.get(name)}
    return page(
        request,
        "directory/people.html",
        people=found,
        total=total,
        at=at,
        pages=max(1, -(-total // PAGE)),
        sieve=sieve,
        kept=kept,
        **named,
    )


def _chosen(asked: Mapping[str, str], name: str) -> int | None:
    typed = asked.get(name, "")
    return chosen_number(typed) if typed.isascii() and typed.isdigit() else None
