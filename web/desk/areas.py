"""The areas of a desk, each drawn alone, so that only what has changed is sent and nothing typed is lost.

Every area carries its pulse as a hidden field. A desk sends these along with whatever it asks for, and is
answered with the areas whose pulse has become another.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.directory.read import fact_types, read_desk
from database.stores.escalations.raised import raised_by
from database.stores.queries import desk
from database.stores.queries.desk_changes import DeskMoment, read_desk_changes
from domain.rounds.presence import AWAY_REASONS, BEAT_EVERY, LONGEST_REASON, alive
from domain.wrap_up import CAUSES, FOLLOW_UPS, GAPS
from rules_dsl.directory import FactType
from web.dependencies import engine_of, tokens_of
from web.desk.card import show
from web.page import draw, page
from web.security.session import SignedIn
from web.wording.states import state_words

AREAS = ("presence", "offer", "calls", "today", "mine")
SEEN = "seen."


def areas_of(signed: SignedIn) -> tuple[str, ...]:
    """Those who take no calls see only what they raised."""
    return AREAS if "agent" in signed.roles else ("mine",)


def seen_in(sent: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(sent[SEEN + name]) for name in AREAS if SEEN + name in sent}


async def declared_facts(conn: AsyncConnection) -> tuple[FactType, ...]:
    row = await read_desk(conn)
    facts = row.facts if row is not None else ()
    return fact_types(facts)


async def look(
    conn: AsyncConnection, request: Request, signed: SignedIn, moment: DeskMoment, wanted: Collection[str]
) -> dict[str, Any]:
    """What the templates of the wanted areas need."""
    person = signed.person_id
    context: dict[str, Any] = {"now": moment.now, "zone": signed.time_zone, "state_words": state_words}
    context |= {"notice": "", "wrap_form": {}, "wrap_problem": "", "swap": False, "brief": False}
    if {"presence", "offer"} & set(wanted):
        head = await desk.read_head(conn, person, moment.now)
        context |= {"head": head, "away_reasons": AWAY_REASONS, "longest_reason": LONGEST_REASON}
        context["alive"] = head.seen_at is not None and alive(head.seen_at, moment.now)
    if {"presence", "offer", "calls"} & set(wanted):
        in_hand = await desk.current_calls(conn, person, moment)
        declared = await declared_facts(conn) if "calls" in wanted else ()
        context |= {"in_hand": in_hand, "causes": CAUSES, "gaps": GAPS, "follow_ups": FOLLOW_UPS}
        context["areas"] = next((fact.values for fact in declared if fact.name == "product area"), ())
        context["calls"] = [await show(conn, card, declared) for card in in_hand] if "calls" in wanted else []
        tokens = tokens_of(request)
        context["joins"] = {card.call_id: f"/join/{tokens.agent_join(card.call_id, card.nth)}" for card in in_hand}
    if "offer" in wanted:
        card = await desk.find_offer(conn, person, moment)
        context["offer"] = await show(conn, card, await declared_facts(conn)) if card else None
    if "today" in wanted:
        context["today"] = await desk.calls_today(conn, person, moment)
    if "mine" in wanted:
        context["mine"] = await raised_by(conn, person)
    return context


async def draw_changed(
    request: Request, signed: SignedIn, seen: Mapping[str, str], force: Collection[str] = (), **said: Any
) -> str:
    """The areas that differ from those seen, and the forced ones; empty where nothing has changed."""
    moment = DeskMoment.of(datetime.now(UTC), signed.time_zone)
    async with engine_of(request).connect() as conn:
        changes = asdict(await read_desk_changes(conn, signed.person_id, moment))
        wanted = [name for name in areas_of(signed) if name in force or changes[name] != seen.get(name)]
        context = await look(conn, request, signed, moment, wanted) if wanted else {}
    drawn = [
        draw(request, f"desk/_{name}.html", **context | said | {"pulse": changes, "swap": True}) for name in wanted
    ]
    if "notice" in said:
        drawn.append(draw(request, "desk/_notice.html", notice=said["notice"], swap=True))
    return "".join(drawn)


async def answer(
    request: Request, signed: SignedIn, status: int = 200, force: Collection[str] = (), **said: Any
) -> Response:
    """After a form: what has changed for a desk that swaps areas; else the page, by redirect where all went well."""
    headers = {"Retry-After": "3"} if status == 503 else {}
    if "hx-request" in request.headers:
        seen = seen_in(await request.form())
        drawn = await draw_changed(request, signed, seen, force, **{"notice": "", **said})
        return HTMLResponse(drawn, status, headers)
    if status == 200:
        return RedirectResponse("/desk", 303)
    return await desk_page(request, signed, status, headers, **said)


async def desk_page(
    request: Request, signed: SignedIn, status: int = 200, headers: Mapping[str, str] | None = None, **said: Any
) -> Response:
    moment = DeskMoment.of(datetime.now(UTC), signed.time_zone)
    async with engine_of(request).connect() as conn:
        changes = asdict(await read_desk_changes(conn, signed.person_id, moment))
        context = await look(conn, request, signed, moment, areas_of(signed))
    milliseconds = BEAT_EVERY // timedelta(milliseconds=1)
    response = page(request, "desk/desk.html", status, **context | said, pulse=changes, beat_every=milliseconds)
    response.headers.update(headers or {})
    return response
