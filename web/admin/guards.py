"""The occupancy limit: how busy with calls people may be, and whom it currently excludes in each team."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.ext.asyncio import AsyncEngine

from database.clock import current_time
from database.stores.directory.read import read_desk, read_directory
from database.stores.journal.audit_log import write_audit
from database.stores.seats.occupancy import occupancy_limit, set_occupancy_limit, team_occupancy
from web.dependencies import Engine
from web.page import page
from web.security.csrf import Guarded
from web.security.session import Signed

router = APIRouter(prefix="/admin/guards")

LOWEST, HIGHEST = 10, 100


@router.get("")
async def guards_page(request: Request, engine: Engine) -> HTMLResponse:
    return await _page(request, engine)


@router.post("", dependencies=[Guarded])
async def keep(request: Request, engine: Engine, signed: Signed, percent: Annotated[str, Form()] = "") -> Response:
    """Set the limit, which takes effect with the next round."""
    typed = percent.strip().removesuffix("%").strip()
    limit = int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= 3 else 0
    if not LOWEST <= limit <= HIGHEST:
        wrong = f"Enter a whole number from {LOWEST} to {HIGHEST}."
        return await _page(request, engine, 422, wrong=wrong, typed=percent)
    async with engine.begin() as conn:
        desk = await read_desk(conn)
        if desk is not None:
            await set_occupancy_limit(conn, desk.id, limit)
            await write_audit(
                conn, signed.actor, "set occupancy limit", desk.name, current_time(), {"percent": str(limit)}
            )
    return RedirectResponse("/admin/guards", 303)


async def _page(
    request: Request, engine: AsyncEngine, status: int = 200, wrong: str = "", typed: str | None = None
) -> HTMLResponse:
    async with engine.connect() as conn:
        limit = await occupancy_limit(conn)
        directory = await read_directory(conn)
        teams = await team_occupancy(conn, current_time())
    names = {person.id: person.name for person in directory.people}
    rows = [(team.name, teams[team.id]) for team in directory.teams if team.id in teams]
    shown = str(limit) if typed is None else typed
    return page(request, "admin/guards.html", status, limit=limit, teams=rows, names=names, typed=shown, wrong=wrong)
