"""Whom the desk's stream wakes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from fastapi import Request
from psycopg import AsyncConnection

from database.listening import EVERYTHING
from database.stores.desk_pulse import Moment, read_pulse
from database.stores.presence import set_presence
from database.stores.rounds import run_round
from domain.ids import LIVE_CHANNEL
from tests.web.desk_floor import ME, Floor, floor
from tests.web.office import office
from web.desk.live import OFFER, WAKE, Reader
from web.session import SignedIn

__all__ = ["floor", "office"]


@pytest.fixture
async def reader(floor: Floor) -> Reader:
    asked = Request({"type": "http", "app": floor.office.app, "method": "GET", "path": "/desk/stream", "headers": []})
    tokens = floor.office.app.state.tokens
    return Reader(asked, SignedIn(floor.people[ME], ME, frozenset({"agent"}), b"", "Europe/Copenhagen", tokens))


async def test_a_fresh_stream_wakes_its_desk_so_that_no_wake_up_is_lost(reader: Reader) -> None:
    assert await reader.draw(EVERYTHING) == (WAKE,)


async def test_a_round_brings_its_offers_to_those_it_asked_alone(floor: Floor, reader: Reader) -> None:
    await floor.offer(await floor.due_call(), ME)
    await floor.offer(await floor.due_call("Mast creaks", ticket="2"), "Anna Schmidt")
    (offer,) = await reader.draw("round:1")
    assert offer.name == OFFER
    assert "Engine stops at sea" in offer.data
    assert "/1/accept" in offer.data
    assert await reader.draw("round:2") == ()
    assert await reader.draw("round:2") == ()


async def test_an_offer_that_was_brought_is_not_sent_once_more(floor: Floor, reader: Reader) -> None:
    """Its area's word is the one that the desk would be answered with."""
    await floor.offer(await floor.due_call(), ME)
    (offer,) = await reader.draw("round:1")
    async with floor.engine.connect() as conn:
        pulse = await read_pulse(conn, floor.people[ME], Moment(datetime.now(UTC), datetime.now(UTC)))
    assert f'name="seen.offer" value="{pulse.offer}"' in offer.data


async def test_a_real_round_tells_the_desk_of_whom_it_asked(floor: Floor, reader: Reader) -> None:
    await floor.on_shift(ME)
    await floor.due_call()
    async with floor.engine.begin() as conn:
        await set_presence(conn, floor.people[ME], "available", "", datetime.now(UTC))
    async with await AsyncConnection.connect(floor.engine.url.render_as_string(False).replace("+psycopg", "")) as heard:
        await heard.set_autocommit(True)
        await heard.execute(f"LISTEN {LIVE_CHANNEL}")
        async with floor.engine.begin() as conn:
            report = await run_round(conn, floor.office.app.state.tokens)
        assert report is not None
        assert report.offers == 1
        payloads = [notice.payload async for notice in heard.notifies(timeout=1)]
    told = [event for payload in payloads for event in await reader.draw(payload)]
    assert [event.name for event in told] == [OFFER]


async def test_an_escalation_wakes_who_has_its_call_in_hand(floor: Floor, reader: Reader) -> None:
    made, other = await floor.due_call(), await floor.due_call("Mast creaks", ticket="2")
    await floor.change_call(made, state="taken", person=floor.people[ME], accepted_at=datetime.now(UTC))
    assert await reader.draw(f"escalation:{made.escalation_id}") == (WAKE,)
    assert await reader.draw(f"escalation:{other.escalation_id}") == ()


@pytest.mark.parametrize("payload", ["person:0", "round:", "round:x", "round:99999999999999999999", "presence", ""])
async def test_what_concerns_others_or_nobody_wakes_nobody(reader: Reader, payload: str) -> None:
    assert await reader.draw(payload) == ()
