"""Adds teams, titles and skills, renames them (also in the rules), and deletes unused ones."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Path, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from starlette.exceptions import HTTPException

from database.clock import current_time
from database.stores.staff.teams_titles_skills import (
    add_name,
    change_team,
    delete_name,
    find_name,
    names_of_kind,
    rename_name,
)
from database.stores.staff.usage import uses_of
from domain.directory_names import NameGone, NameInUse, NameTaken, NameUnfit, RenameRefused
from domain.failure import Failure
from domain.mail_address import is_mail_address
from rules_dsl import NameKind
from web.dependencies import Engine
from web.error_status import status_of
from web.page import page
from web.rules.checked import FILE
from web.security.csrf import Guarded
from web.security.session import Signed, SignedIn

router = APIRouter(prefix="/directory")

Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
Typed = Annotated[str, Form()]
KINDS: dict[str, NameKind] = {"teams": "team", "titles": "title", "skills": "skill"}
LONGEST_ADDRESS = 200


async def choices(conn: AsyncConnection) -> dict[str, Any]:
    """The teams, titles and skills to choose from on people's pages."""
    return {f"{kind}s": await names_of_kind(conn, kind) for kind in KINDS.values()}


@router.get("/{kind}")
async def names_page(request: Request, engine: Engine, kind: str) -> HTMLResponse:
    return await _list(request, engine, _kind(kind))


@router.post("/{kind}", dependencies=[Guarded])
async def add_page(
    request: Request, engine: Engine, signed: Signed, kind: str, name: Typed = "", mail: Typed = "", lead: Typed = ""
) -> Response:
    which = _kind(kind)
    try:
        team: dict[str, Any] = {"address": _address(mail), "lead_title": _number(lead)} if which == "team" else {}
        async with engine.begin() as conn:
            await add_name(conn, which, name, signed.actor, current_time(), **team)
    except (NameTaken, NameUnfit) as refused:
        return await _list(request, engine, which, status_of(refused), wrong=refused.detail, typed=name)
    return RedirectResponse(f"/directory/{kind}?said=added", 303)


@router.get("/{kind}/{number}")
async def name_page(request: Request, engine: Engine, signed: Signed, kind: str, number: Number) -> HTMLResponse:
    return await _one(request, engine, signed, _kind(kind), number)


@router.post("/{kind}/{number}/rename", dependencies=[Guarded])
async def rename_page(
    request: Request, engine: Engine, signed: Signed, kind: str, number: Number, name: Typed = "", seen: Typed = ""
) -> Response:
    """Rename a team, title or skill, also in the rules. No decision changes."""
    which = _kind(kind)
    try:
        async with engine.begin() as conn:
            now = current_time()
            written = await rename_name(conn, which, number, seen, name, signed.name, signed.actor, now)
    except (NameTaken, NameUnfit, NameGone, RenameRefused) as refused:
        return await _one(request, engine, signed, which, number, refused, typed=name)
    versions = ",".join(str(version.number) for version in written)
    return RedirectResponse(f"/directory/{kind}/{number}?said=renamed&versions={versions}", 303)


@router.post("/{kind}/{number}/change", dependencies=[Guarded])
async def change_page(
    request: Request, engine: Engine, signed: Signed, kind: str, number: Number, mail: Typed = "", lead: Typed = ""
) -> Response:
    """Change a team's sender address and the title whose holders lead it."""
    if _kind(kind) != "team":
        raise HTTPException(404)
    try:
        async with engine.begin() as conn:
            await change_team(conn, number, _address(mail), _number(lead), signed.actor, current_time())
    except (NameGone, NameUnfit) as refused:
        return await _one(request, engine, signed, "team", number, refused)
    return RedirectResponse(f"/directory/{kind}/{number}?said=saved", 303)


@router.post("/{kind}/{number}/delete", dependencies=[Guarded])
async def delete_page(
    request: Request, engine: Engine, signed: Signed, kind: str, number: Number, seen: Typed = ""
) -> Response:
    """Delete a team, title or skill, or show what uses it: people, escalations, and lines in rules versions."""
    which = _kind(kind)
    try:
        async with engine.begin() as conn:
            await delete_name(conn, which, number, seen, signed.actor, current_time())
    except (NameInUse, NameGone) as refused:
        return await _one(request, engine, signed, which, number, refused)
    return RedirectResponse(f"/directory/{kind}?said=deleted", 303)


async def _list(
    request: Request, engine: AsyncEngine, which: NameKind, status: int = 200, wrong: str = "", typed: str = ""
) -> HTMLResponse:
    async with engine.connect() as conn:
        names = await names_of_kind(conn, which)
        titles = await names_of_kind(conn, "title")
    said = request.query_params.get("said", "")
    return page(
        request, "directory/names.html", status, kind=which, kinds=f"{which}s", names=names, titles=titles,
        wrong=wrong, typed=typed, said=said,
    )  # fmt: skip


async def _one(
    request: Request,
    engine: AsyncEngine,
    signed: SignedIn,
    which: NameKind,
    number: int,
    refused: Failure | None = None,
    typed: str = "",
) -> HTMLResponse:
    async with engine.connect() as conn:
        one = await find_name(conn, which, number)
        if one is None:
            raise HTTPException(404)
        uses = await uses_of(conn, which, number, one.name)
        titles = await names_of_kind(conn, "title")
    query = request.query_params
    versions = [part for part in query.get("versions", "").split(",") if part.isascii() and part.isdigit()][:2]
    return page(
        request,
        "directory/name.html",
        status_of(refused) if refused else 200,
        kind=which,
        kinds=f"{which}s",
        one=one,
        uses=uses,
        titles=titles,
        file=FILE,
        wrong=refused.detail if refused else "",
        typed=typed or one.name,
        said=query.get("said", ""),
        versions=versions,
        zone=signed.time_zone,
    )


def _kind(kind: str) -> NameKind:
    if kind not in KINDS:
        raise HTTPException(404)
    return KINDS[kind]


def _address(text: str) -> str:
    """A team's sender address. Raises ``NameUnfit``."""
    address = text.strip()
    if len(address) > LONGEST_ADDRESS or not is_mail_address(address):
        raise NameUnfit("Please enter the mail address from which customers get mail, such as support@example.com.")
    return address


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 10 else None
