"""Whom the desk's stream wakes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from psycopg import AsyncConnection

from database.listening import EVERYTHING
from database.stores.desk_pulse import asked_in_round
from database.stores.presence import set_presence
from database.stores.rounds import run_round
from domain.ids import LIVE_CHANNEL
from tests.web.desk_floor import ME, Floor, floor
from tests.web.office import office
from web.desk.live import WAKE, Reader

__all__ = ["floor", "office"]


@pytest.fixture
async def reader(floor: Floor) -> Reader:
    return Reader(floor.engine, floor.people[ME])


async def test_a_fresh_stream_wakes_its_desk_so_that_no_wake_up_is_lost(reader: Reader) -> None:
    assert await reader.draw(EVERYTHING) == (WAKE,)


async def test_a_round_wakes_only_those_it_asked(floor: Floor, reader: Reader) -> None:
    await floor.offer(await floor.due_call(), ME)
    await floor.offer(await floor.due_call("Mast creaks", ticket="2"), "Anna Schmidt")
    assert await reader.draw("round:1") == (WAKE,)
    assert await reader.draw("round:2") == ()
    assert await reader.draw("round:2") == ()
    async with floor.engine.connect() as conn:
        assert await asked_in_round(conn, 2) == {floor.people["Anna Schmidt"]}


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
    assert (WAKE,) in [await reader.draw(payload) for payload in payloads]


async def test_an_escalation_wakes_who_has_its_call_in_hand(floor: Floor, reader: Reader) -> None:
    made, other = await floor.due_call(), await floor.due_call("Mast creaks", ticket="2")
    await floor.change_call(made, state="taken", person=floor.people[ME], accepted_at=datetime.now(UTC))
    assert await reader.draw(f"escalation:{made.escalation_id}") == (WAKE,)
    assert await reader.draw(f"escalation:{other.escalation_id}") == ()


@pytest.mark.parametrize("payload", ["person:0", "round:", "round:x", "round:99999999999999999999", "presence", ""])
async def test_what_concerns_others_or_nobody_wakes_nobody(reader: Reader, payload: str) -> None:
    assert await reader.draw(payload) == ()
