"""Signals between the two pages of a call: through any web process, checked strictly, few, and gone with the call."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from database.stores import call_pages
from tests.web.call.parties import OFFER, CallPage, parties
from tests.web.customers import visitor
from tests.web.office import Office, office, open_office
from tests.web.serving import served
from web.call import limits
from web.call.limits import ALLOWED, STREAMS_AT_ONCE
from web.call.signals import SignalUnreadable, checked_signal

__all__ = ["office"]

CANDIDATE = {"candidate": "candidate:1 1 udp 1 10.0.0.7 5000 typ host", "sdpMid": "0", "sdpMLineIndex": 0}


@asynccontextmanager
async def following(port: int, page: CallPage) -> AsyncIterator[AsyncIterator[tuple[str, Any]]]:
    """The events of a page's stream, as it reads them from the process at this port."""
    address = f"http://127.0.0.1:{port}{page.address}/stream?page={page.name}"
    async with httpx.AsyncClient(timeout=20) as client, client.stream("GET", address) as answer:
        assert answer.status_code == 200

        async def events() -> AsyncIterator[tuple[str, Any]]:
            name = ""
            async for line in answer.aiter_lines():
                field, _, value = line.partition(": ")
                if field == "event":
                    name = value
                elif field == "data":
                    yield name, json.loads(value)

        yield events()


async def until(events: AsyncIterator[tuple[str, Any]], name: str, **parts: Any) -> Any:
    """The first event of this name with these parts."""
    async with asyncio.timeout(20):
        async for found, data in events:
            if found == name and parts.items() <= data.items():
                return data
    raise AssertionError(f"no {name} with {parts}")


async def test_two_web_processes_serve_one_call(office: Office, database_url: str) -> None:
    both = await parties(office)
    await both.mira.run("DELETE FROM api_token")
    async with open_office(office.engine, database_url) as other, served(other) as port:
        customer, agent = await both.page(other.app, "customer"), await both.page(office.app, "agent")
        await customer.enter()
        async with following(port, customer) as events:
            await until(events, "state", other="unknown", current=True)
            await agent.enter()
            await until(events, "state", other="here", otherPage=agent.name, call="on_call")
            assert (await agent.signal(customer, OFFER)).status_code == 204
            assert await until(events, "signal") == {"from": agent.name, "body": OFFER}
        async with following(port, customer) as events:
            assert await until(events, "signal") == {"from": agent.name, "body": OFFER}, "a new stream misses nothing"
            second = await both.page(other.app, "customer")
            await second.enter()
            await until(events, "state", current=False)
            assert (await agent.signal(customer, OFFER)).status_code == 409, "that page is no longer in the call"
            assert (await customer.signal(agent, OFFER)).status_code == 409
            await agent.post("leave", end="yes")
            await until(events, "state", over=True)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "null",
        "[]",
        "{}",
        "{" * 10_000,
        '{"description": {"type": "pranswer", "sdp": "v=0"}}',
        '{"description": {"type": "offer", "sdp": 5}}',
        '{"description": {"type": "offer", "sdp": "v=0", "more": 1}}',
        '{"description": {"type": "offer", "sdp": "\\ud800"}}',
        '{"candidates": []}',
        '{"candidates": [{"candidate": "x", "sdpMLineIndex": "0"}]}',
        '{"candidates": [{"candidate": "x"}], "description": {"type": "offer", "sdp": "v=0"}}',
        json.dumps({"description": {"type": "offer", "sdp": "v" * 50_001}}),
        json.dumps({"candidates": [{"candidate": "x"}] * 51}),
        json.dumps({"candidates": [{"candidate": "x" * 1001}]}),
    ],
)
def test_a_signal_that_our_page_would_not_send_is_refused(body: str) -> None:
    with pytest.raises(SignalUnreadable):
        checked_signal(body)


def test_a_signal_passes_as_it_is() -> None:
    large = {"description": {"type": "answer", "sdp": "v=0\r\n" * 6000}}
    for body in (OFFER, large, {"candidates": [CANDIDATE, {"candidate": ""}]}):
        assert json.loads(checked_signal(json.dumps(body))) == body


async def test_only_the_two_pages_of_a_call_signal_and_they_are_few(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = await parties(office)
    agent, customer = await both.page(office.app, "agent"), await both.page(office.app, "customer")
    await customer.enter()
    assert (await agent.signal(customer, OFFER)).status_code == 409, "the agent hasn't joined"
    await agent.enter()
    assert (await agent.signal(customer, "nonsense")).status_code == 422
    assert (await agent.post("signals", to="nobody", body=json.dumps(OFFER))).status_code == 422
    assert (await agent.post("signals", form_token="forged")).status_code == 403
    wrong = await visitor(office.app).get("/join/guessed/ice")
    assert wrong.status_code == 404
    monkeypatch.setattr(call_pages, "SIGNALS_AT_MOST", 3)
    sent = [(await agent.signal(customer, OFFER)).status_code for _ in range(4)]
    assert sent == [204, 204, 204, 409]
    await both.mira.run("UPDATE call_signal SET at = at - interval '2 minutes'")
    assert (await agent.signal(customer, OFFER)).status_code == 204, "old ones make room"


async def test_a_flood_is_refused_before_anything_is_done_and_slows_nobody_else(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = await parties(office)
    agent, customer = await both.page(office.app, "agent"), await both.page(office.app, "customer")
    await customer.enter()
    await agent.enter()
    most = ALLOWED["signals"].amount
    answers = [(await agent.signal(customer, "{}")).status_code for _ in range(most + 5)]
    assert set(answers[:most]) == {422}
    assert set(answers[most:]) == {429}
    assert (await customer.signal(agent, OFFER)).status_code == 204
    assert (await agent.beat()).status_code == 200, "its beats go on"
    monkeypatch.setitem(limits.__dict__, "STREAMS_AT_ONCE", 0)
    assert STREAMS_AT_ONCE > 1
    assert (await customer.client.get(f"{customer.address}/stream?page={customer.name}")).status_code == 429


async def test_relays_are_lent_to_the_two_sides_of_a_call_while_it_lasts(office: Office) -> None:
    both = await parties(office)
    customer = await both.page(office.app, "customer")
    office.app.state.call_relays = office.app.state.call_relays.__class__(
        ("stun:turn.example:3478",), ("turn:turn.example:3478",), "a shared secret"
    )
    servers = (await customer.client.get(f"{customer.address}/ice")).json()["iceServers"]
    assert servers[0] == {"urls": ["stun:turn.example:3478"]}
    assert servers[1]["urls"] == ["turn:turn.example:3478"]
    assert servers[1]["username"].endswith(f":{both.call_id}/customer")
    await both.mira.run("UPDATE call SET state = 'done'")
    assert (await customer.client.get(f"{customer.address}/ice")).status_code == 410
