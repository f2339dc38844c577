"""An escalation in the database with queued messages."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from database.stores.journal import message_queue
from database.tables.booking import booking, pool
from database.tables.customer_link import customer_link
from database.tables.directory import desk, person, team
from database.tables.escalation import customer, escalation, message
from database.tables.muster import call
from domain.ids import token_hash
from tests.activities.sample_letter import ADDRESSES

NOW = datetime.now(UTC).replace(microsecond=0)
STARTS = NOW + timedelta(hours=2)
CUSTOMER = "mira@olsen.example"


async def open_escalation(engine: AsyncEngine, *, customer_zone: str = "America/New_York", booked: bool = True) -> str:
    """The rows that letters read: organisation, team, customer, link, and a booked call. Returns the id."""
    escalation_id = str(uuid.uuid4())
    async with engine.begin() as conn:
        organisation = {
            "desk": await _add(conn, desk, name="Harbor Boats support", time_zone="Europe/Copenhagen", currency="EUR")
        }
        team_id = await _add(conn, team, name="Support", address="support@harborboats.example")
        agent = await _add(conn, person, name="Jonas Berg", email="jonas@harborboats.example", team=team_id)
        customer_id = await _add(conn, customer, email=CUSTOMER, name="Mira Olsen", time_zone=customer_zone)
        ticket = {"ticket_system": "zendesk", "ticket_id": "7", "ticket_url": "", "subject": "Engine stops at sea"}
        plan = {"plan": {}, "ruleset": "r", "rule": "otherwise", "opened_by": f"person:{agent}", "facts": {}}
        state = {"mode": "booking", "state": "booked", "opened_at": NOW, "updated_at": NOW}
        await conn.execute(
            escalation.insert().values(
                **organisation, **ticket, **plan, **state, id=escalation_id, customer=customer_id, team=team_id
            )
        )
        link = await _link(conn, escalation_id, "used" if booked else "open")
        if booked:
            await _book(conn, escalation_id, organisation["desk"], link)
    return escalation_id


async def _link(conn: AsyncConnection, escalation_id: str, state: str) -> int:
    return await _add(
        conn,
        customer_link,
        escalation=escalation_id,
        nth=1,
        token_hash=token_hash(ADDRESSES.tokens.customer_link(escalation_id, 1)),
        state=state,
        issued_at=NOW,
        expires_at=NOW + timedelta(days=3),
    )


async def _book(conn: AsyncConnection, escalation_id: str, desk_id: int, link: int) -> None:
    pool_id = await _add(conn, pool, desk=desk_id, key="support", definition={}, description="Support")
    seat = {"starts_at": STARTS, "seconds": 1200, "booked_at": NOW, "state": "cancelled"}
    span = f"[{STARTS.isoformat()},{(STARTS + timedelta(minutes=20)).isoformat()})"
    booking_id = await _add(conn, booking, escalation=escalation_id, link=link, pool=pool_id, occupies=span, **seat)
    due = {"state": "waiting", "starts_at": STARTS, "muster_at": STARTS, "booking": booking_id}
    await conn.execute(call.insert().values(id=str(uuid.uuid4()), escalation=escalation_id, nth=1, **due))


async def _add(conn: AsyncConnection, table: Any, **row: Any) -> int:
    added: int = (await conn.execute(table.insert().values(**row).returning(table.c.id))).scalar_one()
    return added


async def enqueue(engine: AsyncEngine, escalation_id: str, kind: str, key: str = "", **changes: Any) -> None:
    """Enqueue a message, as an effect does."""
    values: dict[str, Any] = {"channel": "mail", "recipient": CUSTOMER, "params": {}, "now": NOW}
    values |= changes
    async with engine.begin() as conn:
        await message_queue.enqueue(conn, escalation_id=escalation_id, key=f"{kind}/{key}", kind=kind, **values)


async def messages_of(engine: AsyncEngine, escalation_id: str) -> Sequence[Row[Any]]:
    """The messages of one escalation, oldest first."""
    query = select(message).where(message.c.escalation == escalation_id)
    async with engine.connect() as conn:
        return (await conn.execute(query.order_by(message.c.created_at, message.c.key))).all()


async def until(holds: Callable[[], Awaitable[bool]], seconds: float = 20) -> None:
    """Wait until the condition holds. Raises ``TimeoutError`` after ``seconds``."""
    async with asyncio.timeout(seconds):
        while not await holds():  # noqa: ASYNC110 - what is awaited happens in the database
            await asyncio.sleep(0.05)
