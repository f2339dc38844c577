"""People: found, added, moved between teams, given skills, deactivated. A change can be tried before it is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.exceptions import HTTPException

from database.stores.directory_names import listed
from database.stores.lost_seats import remedies_for
from database.stores.people import (
    PAGE,
    SeatsMoved,
    Sieve,
    add_person,
    card_of,
    change_person,
    find_people,
    seats_resting_on,
    zones_of,
)
from domain.people import (
    HIGHEST_LEVEL,
    Card,
    CardStale,
    CardUnfit,
    NotYoursToChange,
    PersonGone,
    mark_of,
    refuse_reaching_up,
)
from domain.sign_in import Role
from web.form_guard import Guarded
from web.page import page
from web.session import Signed, SignedIn

router = APIRouter(prefix="/directory")

Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
NOBODY = Card("", "", None, None)


@dataclass(frozen=True)
class SentCard:
    card: Card
    trying: bool
    """Only to see what would become of booked calls."""
    seen: str
    """The mark of the card that the form was drawn from."""
    shown: frozenset[int] = frozenset()
    """Bookings that were shown to lose the last person who could serve them."""


async def sent_card(request: Request) -> SentCard:
    """The form of a person. What is no number counts as not chosen."""
    form = await request.form()
    sent = {name: value for name, value in form.multi_items() if isinstance(value, str)}
    levels = {_number(name[6:]): _number(value) for name, value in sent.items() if name.startswith("skill-")}
    skills = {skill: level for skill, level in levels.items() if skill and level and level <= HIGHEST_LEVEL}
    known = {role.value for role in Role}
    roles = tuple(sorted(role for role in form.getlist("role") if isinstance(role, str) and role in known))
    card = Card(
        name=sent.get("name", ""),
        email=sent.get("email", ""),
        team=_number(sent.get("team", "")) or None,
        title=_number(sent.get("title", "")) or None,
        languages=tuple(sent.get("languages", "").split(",")),
        skills=skills,
        roles=roles,
        active=sent.get("active", "yes") == "yes",
    )
    booked = sent.get("shown", "").split(",")
    shown = frozenset(int(one) for one in booked if one.isascii() and one.isdigit() and len(one) < 20)
    return SentCard(card, sent.get("trying") == "yes", sent.get("seen", ""), shown)


Sent = Annotated[SentCard, Depends(sent_card)]


@router.get("")
async def people_page(request: Request, signed: Signed, q: str = "", skip: int = 1) -> HTMLResponse:
    asked = request.query_params
    sieve = Sieve(
        q[:100], _chosen(asked, "team"), _chosen(asked, "title"), _chosen(asked, "skill"), asked.get("gone") == "yes"
    )
    at = max(1, min(skip, 10_000))
    async with request.app.state.engine.connect() as conn:
        found, total = await find_people(conn, sieve, at)
        choices = await _choices(conn)
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
        **choices,
    )


@router.get("/people/new")
async def new_page(request: Request, signed: Signed) -> HTMLResponse:
    return await _form(request, signed, None, NOBODY)


@router.post("/people/new", dependencies=[Guarded])
async def add_page(request: Request, signed: Signed, sent: Sent) -> Response:
    card = _with_roles(sent.card, NOBODY, signed)
    try:
        async with request.app.state.engine.begin() as conn:
            made = await add_person(conn, card, signed.actor, datetime.now(UTC))
    except CardUnfit as unfit:
        return await _form(request, signed, None, card, 422, unfit=unfit)
    return RedirectResponse(f"/directory/people/{made}?said=added", 303)


@router.get("/people/{number}")
async def person_page(request: Request, signed: Signed, number: Number) -> HTMLResponse:
    async with request.app.state.engine.connect() as conn:
        card = await _card(conn, number)
    return await _form(request, signed, number, card)


@router.post("/people/{number}", dependencies=[Guarded])
async def change_page(request: Request, signed: Signed, number: Number, sent: Sent) -> Response:
    """Saved; or only tried, in a transaction that is taken back: where that was asked for, and where booked calls
    would lose their last server and that was not shown yet."""
    card, seen = sent.card, sent.seen
    try:
        moved, done = await _changed(request, signed, number, sent)
    except CardStale as stale:
        # Drawn with the mark of what stands now: saved once more, it is meant.
        seen = mark_of(stale.stands)
        meanwhile = _differing(card, stale.stands, signed)
        return await _form(request, signed, number, card, stale.status, seen=seen, meanwhile=meanwhile)
    except (CardUnfit, NotYoursToChange) as refused:
        unfit = refused if isinstance(refused, CardUnfit) else CardUnfit("", refused.detail)
        return await _form(request, signed, number, card, refused.status, seen=seen, unfit=unfit)
    except PersonGone as gone:
        raise HTTPException(404) from gone
    if not done:
        return await _form(request, signed, number, card, seen=seen, tried=moved)
    return RedirectResponse(f"/directory/people/{number}?said=saved&given={moved.given}&risk={moved.at_risk}", 303)


async def _changed(request: Request, signed: SignedIn, number: int, sent: SentCard) -> tuple[SeatsMoved, bool]:
    """What it does to booked calls, and whether it was done."""

    def judged(before: Card) -> Card:
        card = _with_roles(sent.card, before, signed)
        refuse_reaching_up(signed.roles, signed.person_id, number, before, card)
        if sent.seen != mark_of(before):
            raise CardStale(before)
        return card

    async with request.app.state.engine.connect() as conn, conn.begin() as transaction:
        moved = await change_person(conn, number, judged, signed.actor, datetime.now(UTC))
        done = not sent.trying and {one.booking for one in moved.lost} <= sent.shown
        if not done:
            await transaction.rollback()
        return moved, done


def _differing(card: Card, stands: Card, signed: SignedIn) -> list[str]:
    """The fields in which what was typed is not what stands now."""
    typed = replace(
        card,
        languages=tuple(language.strip().lower() for language in card.languages if language.strip()),
        roles=card.roles if "admin" in signed.roles else stands.roles,
    )
    fields = ("name", "email", "team", "title", "languages", "skills", "roles", "active")
    return [field for field in fields if getattr(typed, field) != getattr(stands, field)]


def _with_roles(card: Card, before: Card, signed: SignedIn) -> Card:
    """Only an administrator's form has roles; another's leaves them as they are."""
    roles = card.roles if "admin" in signed.roles else before.roles
    return Card(card.name, card.email, card.team, card.title, card.languages, card.skills, roles, card.active)


async def _card(conn: AsyncConnection, number: int) -> Card:
    try:
        return await card_of(conn, number)
    except PersonGone as gone:
        raise HTTPException(404) from gone


async def _form(
    request: Request,
    signed: SignedIn,
    number: int | None,
    card: Card,
    status: int = 200,
    *,
    seen: str = "",
    meanwhile: list[str] | None = None,
    unfit: CardUnfit | None = None,
    tried: SeatsMoved | None = None,
) -> HTMLResponse:
    async with request.app.state.engine.connect() as conn:
        choices = await _choices(conn)
        stands = card if number is None else await _card(conn, number)
        zones = () if number is None else await zones_of(conn, number)
        resting = 0 if number is None else await seats_resting_on(conn, number)
        lost = [one.booking for one in tried.lost] if tried else []
        could_work = await remedies_for(conn, lost, number)
    asked = request.query_params
    return page(
        request,
        "directory/person.html",
        status,
        number=number,
        card=card,
        called=stands.name,
        stands=stands,
        zones=zones,
        resting=resting,
        seen=seen or mark_of(card),
        meanwhile=meanwhile,
        unfit=unfit,
        tried=tried,
        shown=",".join(map(str, lost)),
        could_work=could_work,
        zone=signed.time_zone,
        said=asked.get("said", ""),
        moved=SeatsMoved(_number(asked.get("given", "")), _number(asked.get("risk", ""))),
        roles=[role.value for role in Role],
        gives_roles="admin" in signed.roles,
        yourself=number == signed.person_id,
        **choices,
    )


async def _choices(conn: AsyncConnection) -> dict[str, Any]:
    return {
        "teams": await listed(conn, "team"),
        "titles": await listed(conn, "title"),
        "skills": await listed(conn, "skill"),
    }


def _chosen(asked: Mapping[str, str], name: str) -> int | None:
    typed = asked.get(name, "")
    return _number(typed) if typed.isascii() and typed.isdigit() else None


def _number(typed: str) -> int:
    """0 where it is none."""
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0
