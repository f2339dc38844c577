"""A desk for tests: rows as rounds and workflows leave them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores.directory.read import read_directory
from database.stores.journal.plan_json import dump_plan
from database.stores.journal.timeline import record
from database.stores.rules.versions import current_ruleset
from database.tables.directory import desk, presence, shift
from database.tables.escalation import customer, escalation
from database.tables.muster import call, offer, rating, round, wrap_up
from domain.escalation import Kind
from domain.ids import call_id
from domain.plan import Plan
from rules_dsl import read_facts
from tests.web.office import Office

ME = "Miguel Torres"
WHY = {
    "step": 0,
    "pool": 'team "Support", title "Marine Engineer"',
    "values": ["least busy: 12 min of the last 4 hours", "longest idle: 48 min"],
    "considered": [{"person": 1, "name": "Anna Schmidt", "values": ["least busy: 64 min of the last 4 hours"]}],
    "excluded": [{"person": 3, "name": "Freja Holm", "clause": 'not title "Marine Engineer"'}],
    "round": 1,
}


@dataclass(frozen=True)
class Made:
    escalation_id: str
    call_id: str


@dataclass
class Floor:
    office: Office

    @property
    def engine(self) -> AsyncEngine:
        return self.office.engine

    @property
    def people(self) -> dict[str, int]:
        return self.office.people

    async def on_shift(self, name: str, hours: float = 4) -> None:
        now = datetime.now(UTC)
        async with self.engine.begin() as conn:
            await conn.execute(shift.delete().where(shift.c.person == self.people[name]))
            span = f"[{(now - timedelta(hours=4)).isoformat()},{(now + timedelta(hours=hours)).isoformat()})"
            await conn.exec_driver_sql("INSERT INTO shift VALUES (%s, %s::tstzrange)", (self.people[name], span))

    async def due_call(
        self,
        subject: str = "Engine stops at sea",
        *,
        ticket: str = "4711",
        mode: str = "booking",
        state: str = "mustering",
        starts_in: timedelta | None = timedelta(minutes=5),
        opened_by: str = "api:test",
        name: str = "Mira Olsen",
    ) -> Made:
        """Adds an escalation with a call that waits for somebody."""
        now, escalation_id = datetime.now(UTC), str(uuid.uuid4())
        facts = {"product area": "engine", "priority": "urgent", "replies": 7, "tags": ["safety", "vip"]}
        async with self.engine.begin() as conn:
            directory = await read_directory(conn)
            rules = await current_ruleset(conn, directory)
            assert rules is not None
            plan = Plan(rules.decide(read_facts(facts, directory), now), rules.version, now)
            row = {
                "id": escalation_id,
                "desk": (await conn.execute(select(desk.c.id))).scalar_one(),
                "ticket_system": "zendesk",
                "ticket_id": ticket,
                "ticket_url": f"https://harbor.zendesk.com/agent/tickets/{ticket}",
                "subject": subject,
                "facts": facts,
                "customer": await self._customer(conn, name),
                "mode": mode,
                "state": state,
                "plan": dump_plan(plan),
                "ruleset": plan.ruleset,
                "rule": plan.decision.rule,
                "opened_by": opened_by,
                "opened_at": now,
                "updated_at": now,
            }
            await conn.execute(insert(escalation).values(row))
            made = Made(escalation_id, call_id(escalation_id, 1))
            starts_at = now + starts_in if starts_in is not None else None
            row = {"id": made.call_id, "escalation": escalation_id, "nth": 1, "state": "waiting", "muster_at": now}
            await conn.execute(insert(call).values(row | {"starts_at": starts_at}))
        return made

    async def offer(self, made: Made, name: str, *, seconds: float = 45, nth: int = 1, state: str = "offered") -> None:
        """Makes an offer as a round does."""
        now = datetime.now(UTC)
        async with self.engine.begin() as conn:
            values = {"at": now, "calls": 1, "offers": 1, "took_ms": 3}
            number = (await conn.execute(insert(round).values(values).returning(round.c.id))).scalar_one()
            row = {"call": made.call_id, "nth": nth, "person": self.people[name], "round": number, "state": state}
            row |= {"why": WHY, "made_at": now, "expires_at": now + timedelta(seconds=seconds)}
            await conn.execute(insert(offer).values(row))
            await conn.execute(update(call).where(call.c.id == made.call_id).values(state="offered"))
            await conn.exec_driver_sql("SELECT pg_notify('live', %s)", (f"round:{number}",))

    async def done(self, made: Made, score: int, comment: str, resolved: str = "yes") -> None:
        """Leaves the rows of a finished and rated call."""
        now = datetime.now(UTC)
        async with self.engine.begin() as conn:
            row = {"call": made.call_id, "resolved": resolved, "person": self.people["Anna Schmidt"], "at": now}
            await conn.execute(insert(wrap_up).values(row | {"cause": "product fault"}))
            row = {"call": made.call_id, "escalation": made.escalation_id, "score": score, "comment": comment}
            await conn.execute(insert(rating).values(row | {"at": now}))
            values: dict[str, Any] = {"state": "done", "attribution": {"person_name": "Anna Schmidt"}}
            await conn.execute(update(call).where(call.c.id == made.call_id).values(values))
            ended = {"state": "closed", "outcome": "resolved", "closed_at": now, "opened_at": now - timedelta(days=40)}
            await conn.execute(update(escalation).where(escalation.c.id == made.escalation_id).values(ended))

    async def change_call(self, made: Made, **values: Any) -> None:
        async with self.engine.begin() as conn:
            await conn.execute(update(call).where(call.c.id == made.call_id).values(values))

    async def change_offer(self, made: Made, nth: int = 1, **values: Any) -> None:
        async with self.engine.begin() as conn:
            statement = update(offer).where(offer.c.call == made.call_id, offer.c.nth == nth)
            await conn.execute(statement.values(values))

    async def change_presence(self, name: str, **values: Any) -> None:
        async with self.engine.begin() as conn:
            await conn.execute(update(presence).where(presence.c.person == self.people[name]).values(values))

    async def happened(self, made: Made, *events: tuple[str, dict[str, Any]]) -> None:
        """Writes events of this call into the timeline."""
        async with self.engine.begin() as conn:
            for kind, body in events:
                about = body | {"call_id": made.call_id}
                await record(conn, made.escalation_id, Kind(kind), datetime.now(UTC), body=about)

    async def wake(self, payload: str) -> None:
        async with self.engine.begin() as conn:
            await conn.exec_driver_sql("SELECT pg_notify('live', %s)", (payload,))

    async def _customer(self, conn: Any, name: str) -> int:
        email = f"{name.lower().replace(' ', '.')}@customer.example"
        found = (await conn.execute(select(customer.c.id).where(customer.c.email == email))).scalar_one_or_none()
        if found is not None:
            return int(found)
        values = {"email": email, "name": name, "time_zone": "Europe/Oslo", "language": "danish"}
        return int((await conn.execute(insert(customer).values(values).returning(customer.c.id))).scalar_one())


@pytest.fixture
async def floor(office: Office) -> Floor:
    """Miguel Torres, on shift, at a desk of the boat shop; the customer's past is empty."""
    floor = Floor(office)
    await floor.on_shift(ME)
    return floor
