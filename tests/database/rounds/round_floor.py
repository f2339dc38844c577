"""A support floor without Temporal: rows, rounds and people, at a time that the test chooses."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Row, insert, select, text, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores import booking
from database.stores.call import arrive, end_call
from database.stores.escalations.open import open_or_refuse
from database.stores.rounds import answers
from database.stores.rounds.late_calls import look_ahead
from database.stores.rounds.presence import set_presence
from database.stores.rounds.round import RoundReport, run_round
from database.stores.rules.versions import publish
from database.stores.search_clock import report_web_serving
from database.stores.staff.seed import seed_directory
from database.tables.customer_link import customer_link
from database.tables.directory import shift
from database.tables.escalation import escalation_event, message
from database.tables.muster import call, offer, part_beat, search_clock
from domain.escalation import Customer, Mode, Opening, Ticket
from domain.ids import Tokens
from domain.media.room import AddressRoom
from rules_dsl.directory import Directory

EXAMPLES = Path(__file__).parents[3] / "examples"
ROOM = AddressRoom("https://meet.example/{call_id}")
FACTS: dict[str, Any] = {"priority": "normal", "tags": [], "replies": 4, "reopened": False, "ticket age": 7200}
RULES = """rules for "Harbor Boats support"

hours "always" are Mon to Sun 00:00 to 24:00

by default
  order by least busy

{rules}

otherwise
  send to team "Support"

{limits}

booking
  slots of 20 minutes
  start every 5 minutes
  notice of 10 minutes
  up to 5 days ahead
  during hours "always"

calls
  prepare 5 minutes before
  offer for 45 seconds
  wait 10 minutes for the customer
  wrap-up of 5 minutes
  {calls}
"""


@dataclass
class Floor:
    """One organisation and its clock."""

    engine: AsyncEngine
    now: datetime = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    tokens: Tokens = field(default_factory=lambda: Tokens(b"a key of thirty-two bytes or more"))

    async def furnish(self, *, rules: str = "", limits: str = "", calls: str = "") -> None:
        """Seed the boat shop, with everybody on shift around the clock."""
        data = json.loads((EXAMPLES / "small_team.directory.json").read_text())
        for person in data["people"]:
            person["shifts"] = [{"days": "Mon-Sun", "from": "00:00", "to": "24:00", "time_zone": data["time_zone"]}]
        text_of_rules = RULES.format(rules=rules, limits=limits and f"limits\n  {limits}", calls=calls)
        async with self.engine.begin() as conn:
            await seed_directory(conn, Directory.from_json(data), [], self.now)
            await publish(conn, text_of_rules, "test", "seeded", None, self.now)

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)

    async def open(self, ticket: str, mode: Mode = Mode.NOW, **facts: Any) -> str:
        opening = Opening(
            Ticket("zendesk", ticket, f"https://desk.example/{ticket}", "Engine stops at sea", FACTS | facts),
            Customer("Mira Olsen", f"{ticket}@example.com", "Europe/Copenhagen"),
            mode,
            "api:test",
        )
        return (await open_or_refuse(self.engine, opening, self.tokens, self.now)).escalation_id

    async def book(self, ticket: str, start: datetime, **facts: Any) -> str:
        opened = await self.open(ticket, Mode.BOOKING, **facts)
        link = (await self.one(select(customer_link).where(customer_link.c.escalation == opened))).id
        async with self.engine.begin() as conn:
            await booking.book(conn, opened, link, start, self.tokens, self.now)
        return opened

    async def come_on(self, *names: str) -> None:
        """Make exactly these people present."""
        async with self.engine.begin() as conn:
            await conn.execute(text("DELETE FROM presence"))
        await self.beat(*names)

    async def beat(self, *names: str, state: str = "available") -> None:
        async with self.engine.begin() as conn:
            for name in names:
                await set_presence(conn, await self.person(name), state, "", self.now)

    async def shift_of(self, name: str, begins: datetime, ends: datetime) -> None:
        person = await self.person(name)
        async with self.engine.begin() as conn:
            await conn.execute(shift.delete().where(shift.c.person == person))
            await conn.execute(insert(shift).values(person=person, during=Range(begins, ends)))

    async def had_calls(self, name: str, *spans: tuple[float, float], ticket: str = "past") -> None:
        """Write past calls of a person; a span is (began, ended) in minutes ago, and each is wrapped up at its end."""
        person = await self.person(name)
        for nth, (began, ended) in enumerate(spans):
            one = await self.open(f"{ticket}-{name}-{nth}".replace(" ", ""))
            at, done = (self.now - timedelta(minutes=minutes) for minutes in (began, ended))
            done_call = {"state": "done", "person": person, "accepted_at": at, "agent_joined_at": at}
            async with self.engine.begin() as conn:
                past_call = update(call).where(call.c.escalation == one)
                await conn.execute(past_call.values(done_call | {"ended_at": done, "wrapped_up_at": done}))

    async def serve_desks(self) -> None:
        """Report that web processes have served desks all the time until now."""
        async with self.engine.begin() as conn:
            await report_web_serving(conn)
            await conn.execute(update(part_beat).values(since=self.now - timedelta(days=1), at=self.now))

    async def round(self, *, after_standstill: bool = False) -> RoundReport | None:
        """Run a round, as if rounds had run all the time until now unless ``after_standstill``."""
        async with self.engine.begin() as conn:
            if not after_standstill:
                await conn.execute(update(search_clock).values(ran_at=self.now))
            return await run_round(conn, self.tokens, self.now)

    async def look_ahead(self) -> int:
        async with self.engine.begin() as conn:
            return await look_ahead(conn, self.now)

    async def offered(self) -> dict[str, str]:
        """The person with a live offer, by ticket."""
        query = text(
            "SELECT e.ticket_id, p.name FROM offer o JOIN call c ON c.id = o.call JOIN person p ON p.id = o.person"
            " JOIN escalation e ON e.id = c.escalation WHERE o.state IN ('offered', 'accepted')"
        )
        async with self.engine.connect() as conn:
            return {row.ticket_id: row.name for row in await conn.execute(query)}

    async def why(self, escalation_id: str) -> dict[str, Any]:
        query = select(offer.c.why).join(call, call.c.id == offer.c.call).where(call.c.escalation == escalation_id)
        return dict((await self.one(query.order_by(offer.c.nth.desc()).limit(1))).why)

    async def accept(self, escalation_id: str) -> None:
        live = await self.live(escalation_id)
        async with self.engine.begin() as conn:
            await answers.accept(conn, str(live.call), live.nth, live.person, self.tokens, self.now)

    async def decline(self, escalation_id: str) -> None:
        live = await self.live(escalation_id)
        async with self.engine.begin() as conn:
            await answers.decline(conn, str(live.call), live.nth, live.person, self.now)

    async def live(self, escalation_id: str) -> Row[Any]:
        query = select(offer).join(call, call.c.id == offer.c.call).where(call.c.escalation == escalation_id)
        return await self.one(query.where(offer.c.state.in_(["offered", "accepted"])))

    async def join(self, escalation_id: str, side: str) -> None:
        due = await self.call_of(escalation_id)
        token = self.tokens.customer_join(str(due.id))
        if side == "agent":
            token = self.tokens.agent_join(str(due.id), (await self.live(escalation_id)).nth)
        async with self.engine.begin() as conn:
            await arrive(conn, token, ROOM, self.now)

    async def hang_up(self, escalation_id: str) -> None:
        due = await self.call_of(escalation_id)
        async with self.engine.begin() as conn:
            await end_call(conn, str(due.id), due.person, self.now)

    async def call_of(self, escalation_id: str) -> Row[Any]:
        return await self.one(select(call).where(call.c.escalation == escalation_id).order_by(call.c.nth.desc()))

    async def timeline(self, escalation_id: str) -> list[str]:
        query = select(escalation_event.c.kind).where(escalation_event.c.escalation == escalation_id)
        async with self.engine.connect() as conn:
            return list((await conn.execute(query.order_by(escalation_event.c.seq))).scalars())

    async def letters(self, escalation_id: str) -> list[str]:
        query = select(message.c.kind).where(message.c.escalation == escalation_id).order_by(message.c.created_at)
        async with self.engine.connect() as conn:
            return list((await conn.execute(query)).scalars())

    async def person(self, name: str) -> int:
        return int((await self.one(text("SELECT id FROM person WHERE name = :name").bindparams(name=name))).id)

    async def one(self, query: Any) -> Row[Any]:
        async with self.engine.connect() as conn:
            row: Row[Any] | None = (await conn.execute(query)).first()
        assert row is not None
        return row
