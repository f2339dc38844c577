"""The boat shop on a day that the test chooses: what its customers, agents and programs do, and what becomes due."""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores import customer_link, muster, rating, waiting, wrap_up
from database.stores.access.sessions import begin_session
from database.stores.access.webhooks import add_source
from database.stores.journal.message_queue import give_up, mark_sent, queued_message
from database.stores.rounds.late_calls import look_ahead
from database.stores.rounds.round import run_round
from database.stores.rules.versions import publish
from database.stores.seats.availability import free_starts
from database.stores.staff.seed import Outsider, seed_directory
from database.tables.escalation import message
from domain.escalation import Kind
from domain.ids import Tokens
from rules_dsl.directory import Directory
from tests.web.hooks.test_hooks import REQUESTER, SECRET, event, send
from tests.web.office import EXAMPLES, PEOPLE, Browser, Office, open_office, ticket
from tests.web.sentences.set_clock import SetClock

BEGINS = datetime(2027, 3, 2, 9, 0, tzinfo=UTC)
"""A Tuesday."""
RULES = """rules for "Harbor Boats support"

hours "day" are Mon to Sun 09:00 to 19:00

by default
  order by least busy

rule "Answered in the manual"
  when product area is electronics
  no call, say "The manual answers this."

rule "Engines"
  when product area is engine
  send to title "Marine Engineer"
  if nobody in 1 minute, alert the team lead
  if nobody in 2 minutes, widen to title "Advisor"
  if nobody in 5 minutes, offer booking

rule "Invoices"
  when product area is billing
  send to team "Office"
  if nobody in 2 minutes, alert the duty manager
  if nobody in 4 minutes, offer booking

otherwise
  send to team "Support"
  if nobody in 4 minutes, offer booking

booking
  slots of 20 minutes
  notice of 10 minutes
  up to 2 days ahead
  during hours "day"

calls
  prepare 5 minutes before
  offer for 45 seconds
  wait 10 minutes for the customer
  wrap-up of 5 minutes

reminders
  remind the customer 1 hour before
  remind the agent 2 minutes before

feedback
  ask for a score 30 minutes after the call
  ask again once after 2 days
  tell the team lead when the score is under 3

links
  live call link expires after 20 minutes
  booking link expires after 5 days
  survey link expires after 7 days
"""


@dataclass
class Life:
    """One escalation, and the number of its ticket."""

    id: str
    ticket: str


@dataclass
class Town:
    office: Office
    clock: SetClock
    browsers: dict[str, Browser] = field(default_factory=dict)
    tickets: int = 6000

    @property
    def engine(self) -> AsyncEngine:
        return self.office.engine

    @property
    def tokens(self) -> Tokens:
        tokens: Tokens = self.office.app.state.tokens
        return tokens

    @property
    def now(self) -> datetime:
        return self.clock.now

    async def browser(self, name: str) -> Browser:
        """This person's browser, signed in for as long as the test lasts."""
        if name not in self.browsers:
            secret = secrets.token_urlsafe(32)
            async with self.engine.begin() as conn:
                await begin_session(conn, self.office.people[name], secret, self.now, self.now + timedelta(days=900))
            cookies = {"Cookie": f"muster={secret}", "Sec-Fetch-Site": "same-origin"}
            self.browsers[name] = Browser(self.client(cookies))
        return self.browsers[name]

    def client(self, headers: dict[str, str]) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.office.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8700", headers=headers)

    # Openings

    async def open(self, mode: str = "booking", area: str = "hull", **changes: Any) -> Life:
        """A program opens it."""
        number = self._next_ticket()
        body = ticket(number, mode=mode, **changes)
        body["ticket"]["facts"] = {"product area": area, "priority": "normal", "replies": 7, "tags": []}
        body["customer"]["email"] = f"mira.{number}@olsen.example"
        async with self.office.program() as program:
            answer = await program.post("/api/v1/escalations", json=body)
        assert answer.status_code in (201, 409, 422), answer.text
        return Life(await self._newest(), number)

    async def open_at_the_desk(self, name: str, mode: str, area: str = "hull") -> Life:
        number = self._next_ticket()
        fields = {"ticket": f"https://harbor.zendesk.com/agent/tickets/{number}", "subject": "Engine stops at sea"}
        fields |= {"name": "Mira Olsen", "email": f"mira.{number}@olsen.example", "fact.product area": area}
        fields |= {"fact.priority": "normal", "fact.replies": "7", "fact.reopened": "no", "fact.ticket age": "3 days"}
        browser = await self.browser(name)
        answer = await browser.post("/desk/escalate", "/desk/escalate", mode=mode, **fields)
        assert answer.status_code in (303, 409, 422), answer.text
        return Life(await self._newest(), number)

    async def open_by_webhook(self) -> Life:
        number = self._next_ticket()
        await self.deliver(event(number, f"opens-{number}", requester=REQUESTER))
        return Life(await self._newest(), number)

    async def deliver(self, payload: dict[str, Any]) -> None:
        answer = await send(self.office, payload, at=self.now)
        assert answer.status_code == 200, answer.text

    def _next_ticket(self) -> str:
        self.tickets += 1
        return str(self.tickets)

    async def _newest(self) -> str:
        return str(await self.value("SELECT id FROM escalation ORDER BY opened_at DESC, ticket_id DESC LIMIT 1"))

    # Customers

    async def link(self, life: Life) -> str:
        """The address of the newest link."""
        nth = await self.value(f"SELECT max(nth) FROM customer_link WHERE escalation = '{life.id}'")
        return f"/c/{self.tokens.customer_link(life.id, nth)}"

    async def book(self, life: Life, **ahead: float) -> None:
        await self._choose(life, "book", self.now + timedelta(**ahead))

    async def move(self, life: Life, **ahead: float) -> None:
        await self._choose(life, "move", self.now + timedelta(**ahead))

    async def _choose(self, life: Life, verb: str, at_least: datetime) -> None:
        async with self.engine.connect() as conn:
            start = min(one for one in await free_starts(conn, life.id, self.now) if one >= at_least)
        await self.customer_posts(life, verb, start=start.isoformat())

    async def customer_posts(self, life: Life, verb: str, **fields: str) -> None:
        page, customer = await self.link(life), Browser(self.client({}))
        answer = await customer.post(f"{page}/{verb}", page, **fields)
        assert answer.status_code == 303, answer.text

    async def join(self, life: Life, side: str) -> None:
        call = await self.newest_call(life)
        token = self.tokens.customer_join(str(call.id))
        if side == "agent":
            token = self.tokens.agent_join(str(call.id), (await self.holding(life)).nth)
        page, somebody = f"/join/{token}", Browser(self.client({}))
        fields = {"page": uuid.uuid4().hex, "enter": "yes"}
        answer = await somebody.post(f"{page}/beat", page, **fields)
        assert answer.status_code == 200, answer.text

    async def rate(self, life: Life, score: int, comment: str = "") -> None:
        call = await self.newest_call(life)
        page, customer = f"/rate/{self.tokens.survey(str(call.id))}", Browser(self.client({}))
        answer = await customer.post(page, page, score=str(score), comment=comment, send="yes")
        assert answer.status_code == 303, answer.text

    # Agents

    async def at_their_desks(self, *names: str) -> None:
        """Make exactly these people available."""
        await self.run("UPDATE presence SET state = 'offline'")
        for name in names:
            answer = await (await self.browser(name)).post("/desk/presence", "/desk", state="available")
            assert answer.status_code == 303, answer.text

    async def beat(self, *names: str) -> None:
        for name in names:
            await self.run(f"UPDATE presence SET seen_at = now() WHERE person = {self.office.people[name]}")

    async def next_morning(self) -> None:
        await self.clock.set(self.now.replace(hour=9, minute=0, second=0) + timedelta(days=1))

    async def round(self, *, after_standstill: bool = False) -> None:
        """A round; if not ``after_standstill``, as if rounds had run all the time until now."""
        if not after_standstill:
            await self.run("UPDATE search_clock SET ran_at = now()")
            await self.run("UPDATE part_beat SET since = '2020-01-01', at = now()")
        async with self.engine.begin() as conn:
            assert await run_round(conn, self.tokens, self.now) is not None

    async def wait(self, *names: str, **by: float) -> None:
        """Time passes, with these people at their desks, and a round is held."""
        await self.clock.later(**by)
        await self.beat(*names)
        await self.round()

    async def look_ahead(self) -> None:
        await self.run("UPDATE search_clock SET ran_at = now()")
        async with self.engine.begin() as conn:
            await look_ahead(conn, self.now)

    async def holding(self, life: Life) -> Any:
        """The offer that is open or was accepted, with the person's name."""
        return await self.row(
            "SELECT o.*, p.name FROM offer o JOIN call c ON c.id = o.call JOIN person p ON p.id = o.person "
            f"WHERE c.escalation = '{life.id}' AND o.state IN ('offered', 'accepted')"
        )

    async def answer(self, life: Life, verb: str, **fields: str) -> str:
        """Whoever is asked accepts or declines at their desk; returns their name."""
        offer = await self.holding(life)
        browser = await self.browser(offer.name)
        answer = await browser.post(f"/desk/offers/{offer.call}/{offer.nth}/{verb}", "/desk", **fields)
        assert answer.status_code == 303, answer.text
        return str(offer.name)

    async def at_call(self, life: Life, verb: str, **fields: str) -> None:
        """Whoever had the call ends it or wraps it up at their desk."""
        call = await self.newest_call(life)
        name = await self.value(f"SELECT name FROM person WHERE id = {call.person}")
        answer = await (await self.browser(name)).post(f"/desk/calls/{call.id}/{verb}", "/desk", **fields)
        assert answer.status_code == 303, answer.text

    async def ops_posts(self, life: Life, verb: str, **fields: str) -> None:
        browser = await self.browser("Otto Ops")
        answer = await browser.post(f"/ops/{life.id}/{verb}", f"/ops/{life.id}", **fields)
        assert answer.status_code == 303, answer.text

    # What workflows do once something is due

    async def due(self, life: Life, what: str) -> None:
        async with self.engine.begin() as conn:
            await getattr(self, f"_{what}")(conn, life)

    async def _nudge(self, conn: Any, life: Life) -> None:
        link = await self.value(f"SELECT max(id) FROM customer_link WHERE escalation = '{life.id}'")
        await customer_link.nudge(conn, life.id, link, self.now)

    async def _expire(self, conn: Any, life: Life) -> None:
        await customer_link.expire(conn, life.id, self.now)

    async def _remind_customer(self, conn: Any, life: Life) -> None:
        await waiting.remind_customer(conn, life.id, str((await self.newest_call(life)).id), "3600", self.now)

    async def _remind_agent(self, conn: Any, life: Life) -> None:
        await waiting.remind_agent(conn, life.id, str((await self.newest_call(life)).id), "120", self.now)

    async def _call_for_customer(self, conn: Any, life: Life) -> None:
        await waiting.call_for_customer(conn, life.id, str((await self.newest_call(life)).id), "late", self.now)

    async def _nobody_available(self, conn: Any, life: Life) -> None:
        await self._renew(conn, life, Kind.NOBODY_AVAILABLE)

    async def _customer_missed(self, conn: Any, life: Life) -> None:
        await self._renew(conn, life, Kind.CUSTOMER_MISSED)

    async def _renew(self, conn: Any, life: Life, kind: Kind) -> None:
        call = str((await self.newest_call(life)).id)
        await muster.renew_after(conn, life.id, call, kind, kind.value, self.tokens, self.now)

    async def _replace_agent(self, conn: Any, life: Life) -> None:
        call, offer = await self.newest_call(life), await self.holding(life)
        assert await muster.replace_agent(conn, life.id, str(call.id), offer.nth, self.now)

    async def _end_unrecorded(self, conn: Any, life: Life) -> None:
        await wrap_up.end_unrecorded(conn, life.id, str((await self.newest_call(life)).id), self.now)

    async def _ask(self, conn: Any, life: Life) -> None:
        await rating.ask(conn, life.id, str((await self.newest_call(life)).id), self.tokens, self.now)

    async def _ask_again(self, conn: Any, life: Life) -> None:
        await rating.ask_again(conn, life.id, str((await self.newest_call(life)).id), self.now)

    async def _end_survey(self, conn: Any, life: Life) -> None:
        await rating.end_survey(conn, life.id, str((await self.newest_call(life)).id), self.now)

    # Messages

    async def mail_goes_out(self, life: Life, *kinds: str, fails: str = "") -> None:
        """The sender delivers what is queued, or gives it up with this error."""
        await self.run("UPDATE message SET attempts = attempts + 1 WHERE state = 'queued'")
        async with self.engine.begin() as conn:
            queued = message.select().where(message.c.escalation == life.id, message.c.state == "queued")
            for row in await conn.execute(queued.add_columns(message.c.recipient.label("to"))):
                if kinds and row.kind not in kinds:
                    continue
                await (give_up(conn, queued_message(row), fails) if fails else mark_sent(conn, str(row.id)))

    # Rows

    async def newest_call(self, life: Life) -> Any:
        return await self.row(f"SELECT * FROM call WHERE escalation = '{life.id}' ORDER BY nth DESC LIMIT 1")

    async def row(self, query: str) -> Any:
        async with self.engine.connect() as conn:
            return (await conn.execute(text(query))).one()

    async def value(self, query: str) -> Any:
        return (await self.row(query))[0]

    async def run(self, statement: str) -> None:
        async with self.engine.begin() as conn:
            await conn.execute(text(statement))


@asynccontextmanager
async def open_town(engine: AsyncEngine, database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Town]:
    """Everybody is on shift around the clock; the team leads get mail, and so does the duty manager."""
    clock = await SetClock.install(engine, BEGINS, monkeypatch)
    data = json.loads((EXAMPLES / "small_team.directory.json").read_text())
    for person in data["people"]:
        person["shifts"] = [{"days": "Mon-Sun", "from": "00:00", "to": "24:00", "time_zone": data["time_zone"]}]
    outsiders = [Outsider(name, f"{role}@harborboats.example", role) for role, name in PEOPLE.items()]
    async with engine.begin() as conn:
        await seed_directory(conn, Directory.from_json(data), outsiders, BEGINS)
        await publish(conn, RULES, "Marta Manager", "the first rules", None, BEGINS)
        await add_source(conn, "harbor", "zendesk", SECRET)
    async with open_office(engine, database_url) as office:
        yield Town(office, clock)
