"""The areas of a desk, rendered separately: an update sends only what has changed, and never clears typed text.

Every area has a fingerprint, stored in a hidden field. A desk sends its fingerprints with each request, and the
response contains the areas whose fingerprints differ.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from database.clock import current_time
from database.stores.directory.read import fact_types, read_desk
from database.stores.escalations.raised import raised_by
from database.stores.queries import desk as desk_queries
from database.stores.queries.desk_changes import DeskMoment, read_desk_changes
from database.stores.queries.follow_ups import open_follow_ups
from domain.ids import Tokens
from domain.rounds.presence import AWAY_REASONS, LONGEST_REASON, VANISHED_AFTER
from domain.wrap_up import CAUSES, FOLLOW_UPS, GAPS
from rules_dsl.directory import FactType
from web.dependencies import AppTokens, Engine
from web.desk.asked import read_asked
from web.desk.card import show
from web.desk.standing import read_standing
from web.error_status import RETRY_AFTER
from web.page import draw, page
from web.security.session import Signed, SignedIn
from web.wording.standing import idle_words, standing_words
from web.wording.states import state_words

AREAS = ("presence", "offer", "calls", "follow_ups", "asked", "today", "mine")
SEEN = "seen."
"""Prefix of the fields that hold fingerprints."""


@dataclass(frozen=True)
class DeskRequest:
    """A request from somebody's desk, with what is needed to render the response."""

    request: Request
    signed: SignedIn
    engine: AsyncEngine
    tokens: Tokens

    @property
    def person_id(self) -> int:
        return self.signed.person_id


async def _desk_request(request: Request, signed: Signed, engine: Engine, tokens: AppTokens) -> DeskRequest:
    return DeskRequest(request, signed, engine, tokens)


OwnDesk = Annotated[DeskRequest, Depends(_desk_request)]


def areas_of(signed: SignedIn) -> tuple[str, ...]:
    """All areas for agents; for others, who take no calls, only what customers ask for and what they raised."""
    return AREAS if "agent" in signed.roles else ("follow_ups", "asked", "mine")


def seen_in(fields: Mapping[str, Any]) -> dict[str, str]:
    """The fingerprints that a desk sent, keyed by area."""
    return {name: str(fields[SEEN + name]) for name in AREAS if SEEN + name in fields}


async def declared_facts(conn: AsyncConnection) -> tuple[FactType, ...]:
    row = await read_desk(conn)
    facts = row.facts if row is not None else ()
    return fact_types(facts)


async def _read_areas(
    conn: AsyncConnection, desk: DeskRequest, moment: DeskMoment, areas: Collection[str]
) -> dict[str, Any]:
    """The context that these areas' templates need."""
    person = desk.person_id
    context: dict[str, Any] = {"now": moment.now, "zone": desk.signed.time_zone, "state_words": state_words}
    context |= {"notice": "", "wrap_form": {}, "wrap_problem": "", "swap": False, "brief": False}
    if {"presence", "offer", "calls"} & set(areas):
        in_hand = await desk_queries.current_calls(conn, person, moment)
        if {"presence", "offer"} & set(areas):
            head = await desk_queries.read_head(conn, person, moment.now)
            standing = await read_standing(conn, head, in_hand, moment)
            context |= {"head": head, "standing": standing, "words": standing_words(standing)}
            context |= {"idle": idle_words(standing, desk.signed.time_zone)}
            context |= {"away_reasons": AWAY_REASONS, "longest_reason": LONGEST_REASON}
        declared = await declared_facts(conn) if "calls" in areas else ()
        context |= {"in_hand": in_hand, "causes": CAUSES, "gaps": GAPS, "follow_ups": FOLLOW_UPS}
        context["areas"] = next((fact.values for fact in declared if fact.name == "product area"), ())
        context["calls"] = [await show(conn, card, declared) for card in in_hand] if "calls" in areas else []
        join = desk.tokens.agent_join
        context["joins"] = {card.call_id: f"/join/{join(card.call_id, card.nth)}" for card in in_hand}
    if "offer" in areas:
        card = await desk_queries.find_offer(conn, person, moment)
        context["offer"] = await show(conn, card, await declared_facts(conn)) if card else None
    if "today" in areas:
        context["today"] = await desk_queries.calls_today(conn, person, moment)
        context["rated"] = await desk_queries.ratings_lately(conn, person, moment)
    if "asked" in areas:
        context["asked"] = await read_asked(conn, person, moment.now, context["zone"])
    if "follow_ups" in areas:
        context["follow_ups_open"] = await open_follow_ups(conn, person)
    if "mine" in areas:
        context["mine"] = await raised_by(conn, person)
    return context


async def draw_changed(desk: DeskRequest, seen: Mapping[str, str], force: Collection[str] = (), **context: Any) -> str:
    """The areas whose fingerprints differ from those seen, and those in ``force``; empty if there are none.

    ``context`` overrides the values that the templates are rendered with.
    """
    moment = DeskMoment.of(current_time(), desk.signed.time_zone)
    async with desk.engine.connect() as conn:
        fingerprints = asdict(await read_desk_changes(conn, desk.person_id, moment))
        areas = [name for name in areas_of(desk.signed) if name in force or fingerprints[name] != seen.get(name)]
        current = await _read_areas(conn, desk, moment, areas) if areas else {}
    current |= context | {"fingerprints": fingerprints, "swap": True}
    parts = [draw(desk.request, f"desk/_{name}.html", **current) for name in areas]
    if "notice" in context:
        parts.append(draw(desk.request, "desk/_notice.html", notice=context["notice"], swap=True))
    return "".join(parts)


async def answer(desk: DeskRequest, status: int = 200, force: Collection[str] = (), **context: Any) -> Response:
    """The response to a form: the changed areas if the desk swaps them in; otherwise the page, or a redirect to it."""
    headers = {"Retry-After": str(RETRY_AFTER)} if status == 503 else {}
    if "hx-request" in desk.request.headers:
        seen = seen_in(await desk.request.form())
        parts = await draw_changed(desk, seen, force, **{"notice": "", **context})
        return HTMLResponse(parts, status, headers)
    if status == 200:
        return RedirectResponse("/desk", 303)
    return await desk_page(desk, status, headers, **context)


async def desk_page(
    desk: DeskRequest, status: int = 200, headers: Mapping[str, str] | None = None, **context: Any
) -> Response:
    moment = DeskMoment.of(current_time(), desk.signed.time_zone)
    async with desk.engine.connect() as conn:
        fingerprints = asdict(await read_desk_changes(conn, desk.person_id, moment))
        current = await _read_areas(conn, desk, moment, areas_of(desk.signed))
    current |= context | {"fingerprints": fingerprints, "vanished_after": VANISHED_AFTER.seconds}
    response = page(desk.request, "desk/desk.html", status, **current)
    response.headers.update(headers or {})
    return response
