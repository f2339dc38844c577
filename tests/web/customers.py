"""Customers for tests: escalations opened through the stores, brought to a stage that a page shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores import booking, rating
from database.stores.customer_link import LinkPage, find_link
from database.stores.escalations.open import open_or_refuse
from database.stores.seats.availability import free_starts
from database.stores.seats.booked_calls import BookingWithCall
from domain.escalation import Customer, Mode, Opening, Ticket
from domain.ids import Tokens
from tests.web.office import Office

NAMES = ("Anna Schmidt", "Miguel Torres", "Freja Holm", "Lukas Weber", "Noor Haddad", "Ines Costa")
SUBJECT = "Engine <b>stops</b> at sea & more"


@dataclass
class Caller:
    """A customer with their link."""

    engine: AsyncEngine
    tokens: Tokens
    escalation_id: str
    token: str

    @property
    def address(self) -> str:
        return f"/c/{self.token}"

    async def link(self) -> LinkPage:
        async with self.engine.connect() as conn:
            found = await find_link(conn, self.token)
        assert found is not None
        return found

    async def free(self) -> list[datetime]:
        async with self.engine.connect() as conn:
            return await free_starts(conn, self.escalation_id, datetime.now(UTC))

    async def book(self) -> BookingWithCall:
        start = (await self.free())[3]
        link = await self.link()
        async with self.engine.begin() as conn:
            return await booking.book(conn, self.escalation_id, link.link_id, start, self.tokens, datetime.now(UTC))

    async def call_becomes(self, booked: BookingWithCall, changes: str) -> None:
        """Change the call's row, as the rounds and joins would in time."""
        await self.run(f"UPDATE call SET {changes} WHERE id = '{booked.call_id}'")

    async def link_becomes(self, changes: str) -> None:
        await self.run(f"UPDATE customer_link SET {changes} WHERE escalation = '{self.escalation_id}'")

    async def run(self, statement: str) -> None:
        async with self.engine.begin() as conn:
            await conn.execute(text(statement))

    async def is_asked(self, booked: BookingWithCall) -> str:
        """The survey goes out; returns its address."""
        await self.call_becomes(booked, "state = 'wrapping_up', accepted_at = now(), person = 1")
        async with self.engine.begin() as conn:
            await rating.ask(conn, self.escalation_id, booked.call_id, self.tokens, datetime.now(UTC))
        return f"/rate/{self.tokens.survey(booked.call_id)}"


async def caller(office: Office, number: str = "1", *, mode: Mode = Mode.BOOKING, zone: str = "") -> Caller:
    """Mira's engine stops at sea."""
    tokens: Tokens = office.app.state.tokens
    ticket = Ticket(
        "zendesk", number, "https://help.example/1", SUBJECT, {"product area": "engine", "priority": "urgent"}
    )
    customer = Customer("Mira Olsen", f"mira.{number}@example.com", zone)
    opened = await open_or_refuse(office.engine, Opening(ticket, customer, mode, "api:test"), tokens, datetime.now(UTC))
    return Caller(office.engine, tokens, opened.escalation_id, tokens.customer_link(opened.escalation_id, 1))


def visitor(app: FastAPI, **headers: str) -> httpx.AsyncClient:
    """Somebody without an account."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8700", headers=headers)


async def read_page(office: Office, address: str, status: int = 200) -> str:
    async with visitor(office.app) as client:
        answer = await client.get(address)
    assert answer.status_code == status, answer.text
    assert not any(name in answer.text for name in NAMES), "no agent's name on a customer's page"
    return answer.text
