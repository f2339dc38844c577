"""Teams, titles and skills: added, renamed with the rules that name them, deleted when nothing rests on them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Path, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.exceptions import HTTPException

from database.stores.staff.teams_titles_skills import (
    add_name,
    change_team,
    delete_name,
    listed,
    one_listed,
    rename_name,
)
from database.stores.staff.usage import uses_of
from domain.directory_names import NameGone, NameInUse, NameTaken, NameUnfit, RenameRefused
from domain.failure import Failure
from domain.typed_text import is_mail_address
from rules_dsl import NameKind
from web.dependencies import engine_of
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
    """What somebody can be given on the forms of people."""
    return {f"{kind}s": await listed(conn, kind) for kind in KINDS.values()}


@router.get("/{kind}")
async def names_page(request: Request, signed: Signed, kind: str) -> HTMLResponse:
    return await _list(request, _kind(kind))


@router.post("/{kind}", dependencies=[Guarded])
async def add_page(
    request: Request, signed: Signed, kind: str, name: Typed = "", mail: Typed = "", lead: Typed = ""
) -> Response:
    which = _kind(kind)
    try:
        more: dict[str, Any] = {"address": _address(mail), "lead_title": _number(lead)} if which == "team" else {}
        async with engine_of(request).begin() as conn:
            await add_name(conn, which, name, signed.actor, datetime.now(UTC), **more)
    except (NameTaken, NameUnfit) as refused:
        return await _list(request, which, status_of(refused), wrong=refused.detail, typed=name)
    return RedirectResponse(f"/directory/{kind}?said=added", 303)


@router.get("/{kind}/{number}")
async def name_page(request: Request, signed: Signed, kind: str, number: Number) -> HTMLResponse:
    return await _one(request, signed, _kind(kind), number)


@router.post("/{kind}/{number}/rename", dependencies=[Guarded])
async def rename_page(
    request: Request, signed: Signed, kind: str, number: Number, name: Typed = "", seen: Typed = ""
) -> Response:
    """The rules that name it say the new name, too. No decision changes."""
    which = _kind(kind)
    try:
        async with engine_of(request).begin() as conn:
            now = datetime.now(UTC)
            written = await rename_name(conn, which, number, seen, name, signed.name, signed.actor, now)
    except (NameTaken, NameUnfit, NameGone, RenameRefused) as refused:
        return await _one(request, signed, which, number, refused, typed=name)
    versions = ",".join(str(one.number) for one in written)
    return RedirectResponse(f"/directory/{kind}/{number}?said=renamed&versions={versions}", 303)


@router.post("/{kind}/{number}/change", dependencies=[Guarded])
async def change_page(
    request: Request, signed: Signed, kind: str, number: Number, mail: Typed = "", lead: Typed = ""
) -> Response:
    """Where a team's customers are written from, and who leads it."""
    if _kind(kind) != "team":
        raise HTTPException(404)
    try:
        async with engine_of(request).begin() as conn:
            await change_team(conn, number, _address(mail), _number(lead), signed.actor, datetime.now(UTC))
    except (NameGone, NameUnfit) as refused:
        return await _one(request, signed, "team", number, refused)
    return RedirectResponse(f"/directory/{kind}/{number}?said=saved", 303)


@router.post("/{kind}/{number}/delete", dependencies=[Guarded])
async def delete_page(request: Request, signed: Signed, kind: str, number: Number, seen: Typed = "") -> Response:
    """Refused, with files, lines and versions, while something rests on it."""
    which = _kind(kind)
    try:
        async with engine_of(request).begin() as conn:
            await delete_name(conn, which, number, seen, signed.actor, datetime.now(UTC))
    except (NameInUse, NameGone) as refused:
        return await _one(request, signed, which, number, refused)
    return RedirectResponse(f"/directory/{kind}?said=deleted", 303)


async def _list(request: Request, which: NameKind, status: int = 200, wrong: str = "", typed: str = "") -> HTMLResponse:
    async with engine_of(request).connect() as conn:
        found = await listed(conn, which)
        titles = await listed(conn, "title")
    said = request.query_params.get("said", "")
    return page(
        request, "directory/names.html", status, kind=which, kinds=f"{which}s", found=found, titles=titles,
        wrong=wrong, typed=typed, said=said,
    )  # fmt: skip


async def _one(
    request: Request, signed: SignedIn, which: NameKind, number: int, refused: Failure | None = None, typed: str = ""
) -> HTMLResponse:
    async with engine_of(request).connect() as conn:
        one = await one_listed(conn, which, number)
        if one is None:
            raise HTTPException(404)
        uses = await uses_of(conn, which, number, one.name)
        titles = await listed(conn, "title")
    asked = request.query_params
    versions = [part for part in asked.get("versions", "").split(",") if part.isascii() and part.isdigit()][:2]
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
        said=asked.get("said", ""),
        versions=versions,
        zone=signed.time_zone,
    )


def _kind(kind: str) -> NameKind:
    if kind not in KINDS:
        raise HTTPException(404)
    return KINDS[kind]


def _address(typed: str) -> str:
    """Raises ``NameUnfit``: customers of this team are written to from it."""
    address = typed.strip()
    if len(address) > LONGEST_ADDRESS or not is_mail_address(address):
        raise NameUnfit("A mail address such as support@example.com is wanted: customers are written to from it.")
    return address


def _number(typed: str) -> int | None:
    return int(typed) if typed.isascii() and typed.isdigit() and 0 < len(typed) < 10 else None
