"""Prepares a database for the benchmark of commands: links to book with, calls to wrap up, surveys to answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select, text

from bench.latency import opened
from bench.stack import Bench
from database.stores import rating
from database.stores.call import arrive
from database.stores.escalations.commands import EscalationCommands
from database.stores.rounds import answers
from database.stores.rounds.presence import set_presence
from database.stores.rounds.round import run_round
from database.stores.seats.availability import free_starts
from database.tables.customer_link import customer_link
from database.tables.muster import call, offer
from domain.escalation import Mode
from domain.media.room import BuiltInRoom
from domain.wrap_up import Resolution, WrapUp

SOON = timedelta(minutes=20)
"""No call may become due while the benchmark runs."""


@dataclass(frozen=True)
class Booking:
    escalation: str
    link: int
    start: datetime
    later: datetime
    """To which the call is moved."""


@dataclass(frozen=True)
class HeldCall:
    escalation: str
    call: str
    person: int


@dataclass(frozen=True)
class Prepared:
    bookings: list[Booking]
    calls: list[HeldCall]
    """Calls that both sides have joined."""
    held: list[HeldCall]
    """Calls that were wrapped up, with a survey that was sent."""
    form: WrapUp


async def prepare(bench: Bench, count: int) -> Prepared:
    """This many of each."""
    form, commands = WrapUp(Resolution.YES), EscalationCommands(bench.engine, bench.dependencies.tokens)
    held = await _joined(bench, 0, count)
    for one in held:
        await commands.wrap_up(one.escalation, one.call, one.person, form)
        async with bench.engine.begin() as conn:
            await rating.ask(conn, one.escalation, one.call, bench.dependencies.tokens, datetime.now(UTC))
    return Prepared(await _bookings(bench, count), await _joined(bench, count, count), held, form)


async def _bookings(bench: Bench, count: int) -> list[Booking]:
    starts: list[datetime] = []
    bookings = []
    for number in range(count):
        escalation_id = await opened(bench, number, Mode.BOOKING)
        async with bench.engine.connect() as conn:
            if not starts:
                now = datetime.now(UTC)
                starts = [start for start in await free_starts(conn, escalation_id, now) if start > now + SOON]
            query = select(customer_link.c.id).where(customer_link.c.escalation == escalation_id)
            link = (await conn.execute(query)).scalar_one()
        start, later = starts[number % len(starts)], starts[(number + len(starts) // 2) % len(starts)]
        bookings.append(Booking(escalation_id, link, start, later))
    return bookings


async def _joined(bench: Bench, first: int, count: int) -> list[HeldCall]:
    """Calls that people have taken and both sides have joined."""
    tokens = bench.dependencies.tokens
    for number in range(first, first + count):
        await opened(bench, number, Mode.NOW)
    now = datetime.now(UTC)
    async with bench.engine.begin() as conn:
        people = (await conn.execute(text("SELECT id FROM person WHERE name LIKE 'Advisor %'"))).scalars().all()
        for person in people:
            await set_presence(conn, person, "available", "", now)
    async with bench.engine.begin() as conn:
        await run_round(conn, tokens)
    waiting = select(offer, call.c.escalation).join(call, call.c.id == offer.c.call).where(offer.c.state == "offered")
    async with bench.engine.connect() as conn:
        offers = (await conn.execute(waiting)).all()
    assert len(offers) == count, f"{len(offers)} offers for {count} calls"
    for row in offers:
        async with bench.engine.begin() as conn:
            await answers.accept(conn, str(row.call), row.nth, row.person, tokens, now)
        for token in (tokens.customer_join(str(row.call)), tokens.agent_join(str(row.call), row.nth)):
            async with bench.engine.begin() as conn:
                await arrive(conn, token, BuiltInRoom(), now)
    return [HeldCall(str(row.escalation), str(row.call), row.person) for row in offers]
