"""An organisation under test: a real database, a real Temporal whose clock is advanced, real rules, no web.

Journeys advance the clock and check what is due, who gets offers, and which messages are queued. An unexpected message
fails the journey.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from activities.messages import Happened
from activities.starting import wake_workflow
from database.stores.call import arrive
from database.stores.escalations.commands import EscalationCommands
from database.stores.escalations.open import open_or_refuse
from database.stores.rounds import answers
from database.stores.rounds.presence import set_presence
from database.stores.rounds.round import RoundReport, run_round
from database.stores.rules.versions import publish
from database.stores.seats.availability import free_starts
from database.stores.seats.booked_calls import BookingWithCall
from database.stores.staff.seed import seed_directory
from database.tables.customer_link import customer_link
from database.tables.escalation import escalation, escalation_event, message
from database.tables.muster import call, offer, search_clock
from domain.escalation import Customer, Kind, Mode, Opening, OpeningResult, Outcome, Ticket
from domain.ids import Tokens, workflow_id
from domain.media.room import AddressRoom
from domain.wrap_up import Resolution, WrapUp
from rules_dsl.directory import Directory
from workers.relay import relay_once

EXAMPLES = Path(__file__).parents[2] / "examples"
ROOM = AddressRoom("https://meet.example/{call_id}")
FACTS = {"priority": "normal", "tags": [], "replies": 4, "reopened": False, "ticket age": 7200}


@dataclass
class Desk:
    """The organisation with its people, and the actions of an escalation's customer and agents."""

    engine: AsyncEngine
    environment: WorkflowEnvironment
    tokens: Tokens
    offset: timedelta = timedelta(0)
    """How far the journey's clock is ahead of real time."""

    @property
    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    @cached_property
    def commands(self) -> EscalationCommands:
        return EscalationCommands(self.engine, self.tokens)

    async def furnish(self, rules: str) -> None:
        """Seed the boat shop with these rules and shifts around the clock."""
        data = json.loads((EXAMPLES / "small_team.directory.json").read_text())
        for person in data["people"]:
            person["shifts"] = [{"days": "Mon-Sun", "from": "00:00", "to": "24:00", "time_zone": data["time_zone"]}]
        async with self.engine.begin() as conn:
            await seed_directory(conn, Directory.from_json(data), [], self.now)
            await publish(conn, rules, "test", "seeded", None, self.now)

    async def open(self, *, mode: Mode = Mode.BOOKING, ticket: str = "1", **facts: Any) -> OpeningResult:
        opening = Opening(
            Ticket("zendesk", ticket, f"https://desk.example/{ticket}", "Engine stops at sea", FACTS | facts),
            Customer("Mira Olsen", "mira@example.com", "Europe/Copenhagen"),
            mode,
            "api:test",
        )
        opened = await open_or_refuse(self.engine, opening, self.tokens, self.now)
        await self.relay()
        return opened

    def workflow(self, escalation_id: str) -> WorkflowHandle[Any, Any]:
        return self.environment.client.get_workflow_handle(workflow_id(escalation_id))

    async def started_workflows(self) -> set[str]:
        """Ids of the workflows that were started for this organisation."""
        relayed = select(escalation_event.c.escalation).where(
            escalation_event.c.kind == Kind.OPENED, escalation_event.c.told_at.is_not(None)
        )
        async with self.engine.connect() as conn:
            return {workflow_id(str(opened)) for opened in (await conn.execute(relayed)).scalars()}

    async def relay(self) -> int:
        return await relay_once(self.engine, self.environment.client)

    async def advance(self, escalation_id: str, by: timedelta) -> None:
        """Advance the clock, for this escalation's workflow and for people.

        A delayed start is ended first: the test server forgets by how much it has advanced the clock during the delay.
        """
        workflow = self.workflow(escalation_id)
        if (await workflow.describe()).history_length == 1:
            await wake_workflow(self.environment.client, self.engine, escalation_id, Happened(()), timedelta(seconds=3))
        await self.environment.fast_forward(workflow, by)
        self.offset += by

    async def free_starts(self, escalation_id: str) -> list[datetime]:
        async with self.engine.connect() as conn:
            return await free_starts(conn, escalation_id, self.now)

    async def newest_link(self, escalation_id: str) -> int:
        """Id of the newest link that wasn't replaced."""
        row = await self.fetch_one(
            select(customer_link)
            .where(customer_link.c.escalation == escalation_id, customer_link.c.state != "replaced")
            .order_by(customer_link.c.nth.desc())
            .limit(1)
        )
        return int(row.id)

    async def book(self, escalation_id: str, start: datetime, link_id: int | None = None) -> BookingWithCall:
        link_id = await self.newest_link(escalation_id) if link_id is None else link_id
        booked = await self.commands.book(escalation_id, link_id, start, self.now)
        await self.relay()
        return booked

    async def move(self, escalation_id: str, start: datetime) -> BookingWithCall:
        moved = await self.commands.move(escalation_id, start, self.now)
        await self.relay()
        return moved

    async def cancel(self, escalation_id: str) -> None:
        await self.commands.cancel(escalation_id, self.now)
        await self.relay()

    async def wrap_up(self, escalation_id: str, agent: str, resolved: str, **fields: str) -> None:
        """Wrap up the newest call as this agent."""
        call_id, form = str((await self.call_of(escalation_id)).id), WrapUp(Resolution(resolved), **fields)
        await self.commands.wrap_up(escalation_id, call_id, await self.person(agent), form, self.now)
        await self.relay()

    async def rate(self, escalation_id: str, score: int, comment: str = "") -> None:
        call_id = str((await self.call_of(escalation_id)).id)
        await self.commands.rate(escalation_id, call_id, score, comment, self.now)
        await self.relay()

    async def nudge(self, escalation_id: str) -> str:
        answer = await self.commands.nudge(escalation_id, "person:1", self.now)
        await self.relay()
        return answer

    async def withdraw(self, escalation_id: str, outcome: Outcome = Outcome.WITHDRAWN) -> None:
        await self.commands.withdraw(escalation_id, "person:1", outcome, now=self.now)
        await self.relay()

    async def come_online(self, *people: str) -> None:
        """Make these people available, and nobody else."""
        async with self.engine.begin() as conn:
            await conn.execute(text("DELETE FROM presence"))
            for name in people:
                await set_presence(conn, await self.person(name), "available", "", self.now)

    async def person(self, name: str) -> int:
        person_id: int = (
            await self.fetch_one(text("SELECT id FROM person WHERE name = :name").bindparams(name=name))
        ).id
        return person_id

    async def round(self, *, after_standstill: bool = False) -> RoundReport | None:
        """Run a round, as if rounds had run all the time until now unless ``after_standstill``."""
        async with self.engine.begin() as conn:
            if not after_standstill:
                await conn.execute(update(search_clock).values(ran_at=self.now))
            return await run_round(conn, self.tokens, self.now)

    async def live_offer(self) -> Any:
        return await self.fetch_one(select(offer).where(offer.c.state == "offered"))

    async def accept(self) -> str:
        """Accept the open offer; returns the agent's name."""
        name = await self.accept_without_relay()
        await self.relay()
        return name

    async def accept_without_relay(self) -> str:
        """Accept the open offer without signalling the workflow."""
        live = await self.live_offer()
        async with self.engine.begin() as conn:
            accepted = await answers.accept(conn, str(live.call), live.nth, live.person, self.tokens, self.now)
        return accepted.attribution.person_name

    async def join(self, call_id: str, side: str) -> str | None:
        if side == "customer":
            token = self.tokens.customer_join(call_id)
        else:
            nth = (await self.fetch_one(select(offer).where(offer.c.call == call_id, offer.c.state == "accepted"))).nth
            token = self.tokens.agent_join(call_id, nth)
        async with self.engine.begin() as conn:
            room = await arrive(conn, token, ROOM, self.now)
        await self.relay()
        return room

    async def fetch_one(self, query: Any) -> Any:
        async with self.engine.connect() as conn:
            return (await conn.execute(query)).one()

    async def state_of(self, escalation_id: str) -> tuple[str, str | None]:
        row = await self.fetch_one(select(escalation).where(escalation.c.id == escalation_id))
        return row.state, row.outcome

    async def call_of(self, escalation_id: str) -> Any:
        return await self.fetch_one(
            select(call).where(call.c.escalation == escalation_id).order_by(call.c.nth.desc()).limit(1)
        )

    async def message_kinds(self, escalation_id: str) -> list[str]:
        """Kinds of all messages of this escalation, in order."""
        query = select(message.c.kind).where(message.c.escalation == escalation_id).order_by(message.c.created_at)
        async with self.engine.connect() as conn:
            return [str(kind) for kind in (await conn.execute(query)).scalars()]

    async def timeline(self, escalation_id: str) -> list[str]:
        query = select(escalation_event.c.kind).where(escalation_event.c.escalation == escalation_id)
        async with self.engine.connect() as conn:
            return list((await conn.execute(query.order_by(escalation_event.c.seq))).scalars())
