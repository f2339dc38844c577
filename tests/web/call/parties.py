"""The two sides of a call that somebody has taken, as their pages talk to the application."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy import text

from domain.escalation import Mode
from domain.ids import Tokens, token_hash
from tests.web.customers import Caller, caller, visitor
from tests.web.forms import form_to
from tests.web.office import Office

OFFER = {"description": {"type": "offer", "sdp": "v=0\r\n"}}


@dataclass
class CallPage:
    """One page of one side, open in one web process."""

    client: httpx.AsyncClient
    address: str
    form_token: str
    name: str = field(default_factory=lambda: secrets.token_hex(16))

    async def beat(self, **fields: str) -> httpx.Response:
        return await self.post("beat", **fields)

    async def enter(self) -> dict[str, Any]:
        answer = await self.beat(enter="yes")
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def told(self) -> dict[str, Any]:
        answer = await self.beat()
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def signal(self, to: CallPage, body: Any) -> httpx.Response:
        return await self.post("signals", to=to.name, body=body if isinstance(body, str) else json.dumps(body))

    async def post(self, what: str, **fields: str) -> httpx.Response:
        sent = {"form_token": self.form_token, "page": self.name} | fields
        return await self.client.post(f"{self.address}/{what}", data=sent)


@dataclass
class Parties:
    """Mira, and the agent who has taken her call."""

    mira: Caller
    call_id: str
    person: int
    tokens: Tokens

    async def page(self, app: FastAPI, side: str) -> CallPage:
        """A new page of this side, as it was loaded from this process."""
        join = (
            self.tokens.customer_join(self.call_id) if side == "customer" else self.tokens.agent_join(self.call_id, 1)
        )
        client = visitor(app)
        page = await client.get(f"/join/{join}")
        return CallPage(client, f"/join/{join}", form_to(page.text).fields["form_token"])

    async def passes(self, seconds: float, *sides: str) -> None:
        """Time passes without a beat of these sides."""
        for side in sides:
            await self.mira.run(
                f"UPDATE call_peer SET seen_at = seen_at - interval '{seconds} s', left_at = left_at - interval "
                f"'{seconds} s', since = since - interval '{seconds} s' WHERE side = '{side}'"
            )

    async def stays(self, seconds: float, side: str) -> None:
        """This side has been beating for so long."""
        await self.mira.run(f"UPDATE call_peer SET since = since - interval '{seconds} s' WHERE side = '{side}'")

    async def row(self) -> dict[str, Any]:
        async with self.mira.engine.connect() as conn:
            query = text("SELECT * FROM call WHERE id = :call")
            return dict((await conn.execute(query, {"call": self.call_id})).mappings().one())

    async def events(self) -> list[str]:
        async with self.mira.engine.connect() as conn:
            query = text("SELECT kind FROM escalation_event WHERE escalation = :id ORDER BY seq")
            return list((await conn.execute(query, {"id": self.mira.escalation_id})).scalars())


async def parties(office: Office) -> Parties:
    """A call now that Noor Haddad has taken; nobody has joined."""
    mira = await caller(office, mode=Mode.NOW)
    link = await mira.link()
    assert link.call is not None
    call_id, person = str(link.call.id), office.people["Noor Haddad"]
    tokens: Tokens = office.app.state.tokens
    await mira.run(f"UPDATE call SET state = 'taken', person = {person}, accepted_at = now()")
    await mira.run("INSERT INTO round (at, calls, offers, took_ms) VALUES (now(), 1, 1, 1)")
    await mira.run(
        "INSERT INTO offer (call, nth, person, round, state, why, made_at, expires_at) "
        f"SELECT '{call_id}', 1, {person}, max(id), 'accepted', '{{}}', now(), now() FROM round"
    )
    async with mira.engine.begin() as conn:
        await conn.execute(
            text("INSERT INTO join_link (token_hash, call, side, person) VALUES (:hash, :call, 'agent', :person)"),
            {"hash": token_hash(tokens.agent_join(call_id, 1)), "call": call_id, "person": person},
        )
    return Parties(mira, call_id, person, tokens)
