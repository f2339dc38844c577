"""Web, worker and ticker whose clocks are three days off decide by the database's clock, and say so."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.faults.actors.agents import Agent, until_offered
from tests.faults.actors.people import Program
from tests.faults.judging.ledger import Ledger
from tests.faults.separate_processes import PROCESSES, separate_processes

pytestmark = [pytest.mark.lanes, pytest.mark.timeout(240)]


@pytest.mark.parametrize("offset", ["+3d", pytest.param("-3d", marks=pytest.mark.soak)])
async def test_a_whole_call_takes_place_on_a_machine_whose_clock_is_days_off(
    offset: str, database: AsyncEngine, database_url: str, tmp_path: Path
) -> None:
    async with separate_processes(tmp_path, database_url, offset) as stack:
        ledger = Ledger(stack.url)
        bearer = f"Bearer {stack.credentials['api_token']}"
        program = Program(ledger, ledger.client(Authorization=bearer))
        customer = await program.customer("4711")

        form = await customer.form("/book")
        assert form is not None, "a link that is valid for a day is open"
        starts = [datetime.fromisoformat(start) for start in form.choices["start"]]
        now = datetime.now(UTC)
        assert min(starts) > now - timedelta(minutes=1)
        assert max(starts) < now + timedelta(minutes=11)

        agent = Agent(ledger, ledger.client(), "the agent")
        await agent.sign_in(stack.sign_in_link("agent"))
        await agent.be_available()
        # Far enough ahead that the page can be read before the search begins.
        booked = await customer.book(4)
        assert booked.ok, booked.text
        status = (await customer.page()).text
        assert not re.search(r"\d days?\b", status), "nothing on the page is days away"
        beating = asyncio.create_task(agent.beat())
        _, offer = await until_offered([agent], within=60)
        assert (await agent.accept(offer)).ok
        row = (await _rows(database, "SELECT starts_at, accepted_at, search_began_at FROM call"))[0]
        assert row.search_began_at >= row.starts_at - timedelta(seconds=2)
        assert row.accepted_at >= row.search_began_at
        joined = await customer.join((await customer.page()).text)
        assert joined is not None
        assert joined.ok
        beating.cancel()

        off = timedelta(days=1)
        times = await _rows(database, "SELECT at, told_at FROM escalation_event")
        assert all(abs(row.at - now) < off for row in times)
        sessions = await _rows(database, "SELECT expires_at FROM session")
        assert all(timedelta(hours=11) < row.expires_at - now < timedelta(hours=13) for row in sessions)
        sent = await _rows(database, "SELECT created_at, sent_at FROM message WHERE state = 'sent'")
        assert sent, "mail goes out"
        shifts = await _rows(database, "SELECT min(lower(during)) AS first FROM shift")
        assert timedelta(days=1) < now - shifts[0].first < timedelta(days=4), (
            "shifts are written for the days around today"
        )
        for name in PROCESSES:
            said = [line for line in stack.log(name).splitlines() if "clock differs" in line]
            assert len(said) == 1, f"{name} says so once"
            sign = "-" if offset.startswith("+") else "+"
            answer = await stack.ask(name, "/metrics")
            assert answer is not None
            assert f"\nmuster_clock_offset_seconds {sign}2".replace("+", "") in answer.text
            assert re.search(rf"WARNING .* offset=\{sign}259(200|199)\.\d s$", said[0]), said
        await ledger.close()
        done = await asyncio.to_thread(stack.doctor, offset)
        assert done.returncode == 1, done.stdout + done.stderr
        (failed,) = [line for line in done.stdout.splitlines() if line.startswith("FAILED")]
        side = "ahead of" if offset.startswith("+") else "behind"
        assert re.match(rf"FAILED clock +this machine's is 259(200|199) s {side} the database's, which Muster", failed)


async def _rows(database: AsyncEngine, query: str) -> list[Row[Any]]:
    async with database.connect() as conn:
        return list((await conn.execute(text(query))).all())
