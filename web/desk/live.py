"""The desk's page, what has changed of it, and the stream that says when to ask."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from weakref import WeakKeyDictionary

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.ext.asyncio import AsyncEngine

from database.engine import DATABASE_DOWN
from database.listening import EVERYTHING
from database.stores.desk import CallCard, ringing_since
from database.stores.desk_pulse import escalations_in_hand, pulse_of_ringing
from database.stores.presence import find_colleagues
from domain.ids import LIVE_CHANNEL
from rules_dsl.directory import FactType
from web.desk.areas import declared_facts, desk_page, draw_changed, seen_in
from web.desk.card import brief
from web.live import Event, event_stream
from web.page import draw
from web.session import Signed, SignedIn, still_signed_in

WAKE = Event("wake", LIVE_CHANNEL)
"""Says only that something may have changed; the desk asks what."""
OFFER = "offer"
"""An event that brings the offer itself: when a round asks hundreds at once, none of them has to ask back."""
IN_HAND_KEPT = 5.0
"""Seconds for which a stream remembers whose calls it serves."""
_ROUNDS_KEPT = 8

router = APIRouter()


@router.get("/desk")
async def show_desk(request: Request, signed: Signed) -> Response:
    colleagues = None
    if "manager" in signed.roles:
        async with request.app.state.engine.connect() as conn:
            colleagues = await find_colleagues(conn, datetime.now(UTC))
    return await desk_page(request, signed, colleagues=colleagues)


@router.get("/desk/live")
async def changes(request: Request, signed: Signed) -> Response:
    """The areas that differ from the pulses sent; 204 where none does."""
    drawn = await draw_changed(request, signed, seen_in(request.query_params))
    return HTMLResponse(drawn) if drawn else Response(status_code=204)


@router.get("/desk/stream")
async def stream(request: Request, signed: Signed) -> Response:
    reader = Reader(request, signed)

    async def still_allowed() -> bool:
        try:
            return await still_signed_in(request)
        except DATABASE_DOWN:
            return True

    return event_stream(request.app.state.live, reader.draw, still_allowed)


class Reader:
    """Decides which notifications concern one person, and draws the offers of rounds."""

    def __init__(self, request: Request, signed: SignedIn) -> None:
        self._request = request
        self._signed = signed
        self._engine: AsyncEngine = request.app.state.engine
        self._person = signed.person_id
        self._in_hand: frozenset[str] = frozenset()
        self._read_at = 0.0

    async def draw(self, payload: str) -> Sequence[Event]:
        try:
            if found := re.fullmatch(r"round:(\d{1,18})", payload):
                return await self._offer(int(found[1]))
            return (WAKE,) if await self._concerns(payload) else ()
        except DATABASE_DOWN:
            # The desk asks, and is told by the answer that the database is away.
            return (WAKE,)

    async def _concerns(self, payload: str) -> bool:
        if payload in (EVERYTHING, f"person:{self._person}"):
            self._read_at = 0.0
            return True
        kind, _, name = payload.partition(":")
        return kind == "escalation" and name in await self._escalations()

    async def _offer(self, round_id: int) -> Sequence[Event]:
        asked = await _asked(self._engine, round_id)
        card = asked.cards.get(self._person)
        if card is None:
            return ()
        shown = brief(card, asked.declared)
        pulse = {"offer": pulse_of_ringing(card.call_id, card.nth)}
        context = {"offer": shown, "pulse": pulse, "now": datetime.now(UTC), "zone": self._signed.time_zone}
        return (Event(OFFER, draw(self._request, "desk/_offer.html", **context, swap=False, brief=True, in_hand=())),)

    async def _escalations(self) -> frozenset[str]:
        clock = asyncio.get_running_loop().time()
        if clock - self._read_at > IN_HAND_KEPT:
            async with self._engine.connect() as conn:
                self._in_hand = await escalations_in_hand(conn, self._person)
            self._read_at = clock
        return self._in_hand


@dataclass(frozen=True)
class Asked:
    """A round's offers by person, and what is needed to draw them."""

    cards: Mapping[int, CallCard]
    declared: tuple[FactType, ...]


_rounds: WeakKeyDictionary[AsyncEngine, dict[int, asyncio.Task[Asked]]] = WeakKeyDictionary()


async def _asked(engine: AsyncEngine, round_id: int) -> Asked:
    """What a round offered, read once however many desks are open here."""
    known = _rounds.setdefault(engine, {})
    if round_id not in known:
        known[round_id] = asyncio.create_task(_read_asked(engine, round_id))
        for old in list(known)[:-_ROUNDS_KEPT]:
            del known[old]
    return await asyncio.shield(known[round_id])


async def _read_asked(engine: AsyncEngine, round_id: int) -> Asked:
    async with engine.connect() as conn:
        cards = await ringing_since(conn, round_id)
        return Asked(cards, await declared_facts(conn) if cards else ())
