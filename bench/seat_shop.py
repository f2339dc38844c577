"""A database with people, overlapping pools, and customers with links, ready to book."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import insert, select, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from database.stores.booking import book
from database.stores.journal.plan_json import dump_plan
from database.tables.booking import booking, pool, pool_agent
from database.tables.customer_link import customer_link
from database.tables.directory import desk, person, shift, team, title
from database.tables.escalation import customer, escalation
from domain.booking import SlotRefused, SlotTaken
from domain.ids import Tokens
from domain.plan import Plan
from domain.seats.demand import Demand, Member, terms_of
from rules_dsl import compile_rules
from rules_dsl.directory import Directory, Team
from rules_dsl.model.decision import Decision

FIRST_DAY = datetime(2026, 12, 1, tzinfo=UTC)
"""Midnight at which the sold days begin. Bookings are made twelve hours before."""
NOW = FIRST_DAY - timedelta(hours=12)
TOKENS = Tokens(b"a key for nobody's use but a bench")
RULES = """rules for "Desk"

otherwise
  send to team "Team"

booking
  slots of 30 minutes
  start every 15 minutes
  notice of 1 hour
  up to 30 days ahead

calls
  prepare 5 minutes before
  wrap-up of 5 minutes
"""


@dataclass(frozen=True)
class Buyer:
    """A customer with a link, and the start that they want."""

    escalation: str
    link: int
    pool: int
    start: datetime


def plain_decision(slot: int = 1800) -> Decision:
    directory = Directory("Desk", "UTC", "EUR", teams=(Team(1, "Team", "t@example.com"),))
    decided = compile_rules(RULES, directory).decide({}, NOW)
    return replace(decided, booking=replace(decided.booking, slot=slot))


async def furnish(
    engine: AsyncEngine, members: Sequence[Member], pools: Mapping[int, Collection[int]], opens: datetime = FIRST_DAY
) -> None:
    """Store people and pools; ``opens`` is second 0 of the members' shifts."""
    async with engine.begin() as conn:
        await conn.execute(desk.insert().values(id=1, name="Desk", time_zone="UTC", currency="EUR"))
        await conn.execute(title.insert().values(id=1, name="Title"))
        teams = sorted({member.team for member in members})
        await conn.execute(insert(team), [{"id": n, "name": f"T{n}", "address": "t@example.com"} for n in teams])
        people = [
            {"id": member.person, "name": f"P{member.person}", "email": f"p{member.person}@example.com"}
            | {"team": member.team}
            for member in members
        ]
        await conn.execute(insert(person), [row | {"title": 1} for row in people])
        spans = [
            {"person": member.person, "during": Range(*(opens + timedelta(seconds=edge) for edge in span))}
            for member in members
            for span in member.shifts
        ]
        await conn.execute(insert(shift), spans)
        names = [
            {"id": key + 1, "desk": 1, "key": str(key), "definition": {}, "description": f"{key}"} for key in pools
        ]
        await conn.execute(insert(pool), names)
        agents = [{"pool": key + 1, "person": who} for key, people_in in pools.items() for who in people_in]
        await conn.execute(insert(pool_agent), agents)
        await conn.execute(customer.insert().values(id=1, email="c@example.com", name="C"))


async def invite(
    engine: AsyncEngine, requests: Sequence[tuple[int, datetime, int]], decision: Decision | None = None
) -> list[Buyer]:
    """Create a customer with a link for each (pool, start, seconds of talk)."""
    buyers, rows, links = [], [], []
    async with engine.begin() as conn:
        first: int = (await conn.execute(text("SELECT coalesce(max(id), 0) + 1 FROM customer_link"))).scalar_one()
        plans = {}
        for number, (key, start, slot) in enumerate(requests, first):
            if slot not in plans:
                decided = plain_decision(slot) if decision is None else decision
                plans[slot] = dump_plan(Plan(decided, "r", NOW))
            id_ = str(uuid.uuid4())
            buyers.append(Buyer(id_, number, key, start))
            row = {"id": id_, "desk": 1, "ticket_system": "z", "ticket_id": id_, "ticket_url": "u", "subject": "s"}
            row |= {"facts": {}, "customer": 1, "mode": "booking", "state": "invited", "plan": plans[slot]}
            row |= {"ruleset": "r", "rule": f"r{slot}", "pool": key + 1, "opened_by": "t"}
            rows.append(row | {"opened_at": NOW, "updated_at": NOW})
            link = {"id": number, "escalation": id_, "nth": 1, "token_hash": id_.encode(), "state": "open"}
            links.append(link | {"issued_at": NOW, "expires_at": FIRST_DAY + timedelta(days=60)})
        await conn.execute(insert(escalation), rows)
        await conn.execute(insert(customer_link), links)
    return buyers


async def buy(engine: AsyncEngine, buyer: Buyer) -> bool:
    """Book the start that this customer wants; False if it is refused."""
    try:
        async with engine.begin() as conn:
            await book(conn, buyer.escalation, buyer.link, buyer.start, TOKENS, NOW)
    except (SlotTaken, SlotRefused):
        return False
    return True


async def sold_calls(conn: AsyncConnection, opens: datetime = FIRST_DAY) -> list[Demand]:
    """The sold calls, read from the bookings only, in seconds since ``opens``."""
    query = select(booking.c.id, booking.c.pool, booking.c.occupies).where(booking.c.state == "sold")
    limits = terms_of(plain_decision())
    return [
        Demand(
            row.id,
            row.pool - 1,
            int((row.occupies.lower - opens).total_seconds()),
            int((row.occupies.upper - opens).total_seconds()),
            (row.occupies.lower - opens).days,
            limits,
        )
        for row in await conn.execute(query)
    ]
