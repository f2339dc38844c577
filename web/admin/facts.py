"""Lists, declares, changes and removes the facts that rules can use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.ext.asyncio import AsyncEngine

from database.clock import current_time
from database.stores.directory.read import read_directory
from database.stores.staff.fact_types import FactInUse, FactUnfit, keep_fact, remove_fact
from rules_dsl import KINDS
from rules_dsl.directory import FactKind, FactType
from web.dependencies import Engine
from web.page import page
from web.security.csrf import Guarded
from web.security.session import Signed

router = APIRouter(prefix="/admin/facts")


@dataclass(frozen=True)
class FactForm:
    """The form's fields as typed."""

    name: str = ""
    kind: str = "choice"
    values: str = ""
    """One per line."""
    ordered: bool = False
    always_known: bool = False
    new: bool = True

    def fact(self) -> FactType:
        kind: FactKind = next((one for one in get_args(FactKind) if one == self.kind), "choice")
        values = tuple(" ".join(line.split()) for line in self.values.splitlines() if line.strip())
        choice = kind == "choice"
        name = " ".join(self.name.split())
        return FactType(name, kind, values if choice else (), self.ordered and choice, not self.always_known)


@router.get("")
async def facts_page(request: Request, engine: Engine, change: str = "") -> HTMLResponse:
    async with engine.connect() as conn:
        fact = (await read_directory(conn)).fact_named(change)
    return await _page(request, engine, form=FactForm() if fact is None else _form_of(fact))


@router.post("", dependencies=[Guarded])
async def keep(
    request: Request,
    engine: Engine,
    signed: Signed,
    name: Annotated[str, Form()] = "",
    kind: Annotated[str, Form()] = "choice",
    values: Annotated[str, Form()] = "",
    ordered: Annotated[bool, Form()] = False,
    always_known: Annotated[bool, Form()] = False,
    new: Annotated[bool, Form()] = False,
) -> Response:
    form = FactForm(name, kind, values, ordered, always_known, new)
    try:
        async with engine.begin() as conn:
            await keep_fact(conn, form.fact(), signed.actor, current_time(), new=new)
    except FactUnfit as refused:
        return await _page(request, engine, 422, form=form, wrong={refused.unfit.field: refused.unfit.reason})
    except FactInUse as refused:
        return await _page(request, engine, 409, form=form, used=refused)
    return RedirectResponse("/admin/facts", 303)


@router.post("/remove", dependencies=[Guarded])
async def remove(request: Request, engine: Engine, signed: Signed, name: Annotated[str, Form()] = "") -> Response:
    try:
        async with engine.begin() as conn:
            await remove_fact(conn, name, signed.actor, current_time())
    except FactInUse as refused:
        return await _page(request, engine, 409, used=refused)
    return RedirectResponse("/admin/facts", 303)


def _form_of(fact: FactType) -> FactForm:
    return FactForm(fact.name, fact.kind, "\n".join(fact.values), fact.ordered, not fact.may_be_missing, new=False)


async def _page(request: Request, engine: AsyncEngine, status: int = 200, **context: Any) -> HTMLResponse:
    async with engine.connect() as conn:
        declared = (await read_directory(conn)).facts
    defaults: dict[str, Any] = {"form": FactForm(), "wrong": {}, "used": None}
    return page(request, "admin/facts.html", status, declared=declared, kinds=KINDS, **(defaults | context))
