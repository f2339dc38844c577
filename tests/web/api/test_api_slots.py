"""The API lists each start of a day, and why a closed one is closed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from domain.seats.reasons import Why
from tests.architecture.documents import document
from tests.web.api.test_api import ESCALATIONS, is_problem
from tests.web.office import Office, office, ticket

__all__ = ["office"]


async def opened(office: Office) -> str:
    async with office.program() as program:
        return str((await program.post(ESCALATIONS, json=ticket())).json()["id"])


async def test_open_and_closed_times_of_a_day_with_their_reasons(office: Office) -> None:
    address = f"{ESCALATIONS}/{await opened(office)}/slots"
    async with office.program() as program:
        first = (await program.get(address)).json()
        assert (first["time_zone"], first["pool"]) == ("Europe/Copenhagen", 'team "Support"')
        same = (await program.get(address, params={"day": first["day"]})).json()
        assert same == first
        yesterday = (datetime.now(UTC) - timedelta(days=2)).date().isoformat()
        past = (await program.get(address, params={"day": yesterday})).json()["slots"]
        assert {(slot["open"], slot["why"], slot["proven"]) for slot in past} == {(False, "not_offered", True)}
        assert past[0]["reason"] == "It is in the past"
        days = [(datetime.now(UTC) + timedelta(days=ahead)).date().isoformat() for ahead in range(8)]
        slots = [(await program.get(address, params={"day": day})).json()["slots"] for day in days]
        open_ones = [slot for slots in slots for slot in slots if slot["open"]]
        assert {"starts_at", "open", "why", "reason", "proven"} == set(open_ones[0])
        assert {(slot["why"], slot["reason"], slot["proven"]) for slot in open_ones} == {(None, None, None)}
        async with office.engine.begin() as conn:
            await conn.execute(text("DELETE FROM shift"))
        day = open_ones[0]["starts_at"][:10]
        closed = {slot["why"] for slot in (await program.get(address, params={"day": day})).json()["slots"]}
        assert closed == {"not_offered", "off_shift"}


@pytest.mark.parametrize("day", ["tomorrow", "2026-13-01", "9999-12-31", "0001-01-01", ""])
async def test_an_impossible_day_is_refused(office: Office, day: str) -> None:
    address = f"{ESCALATIONS}/{await opened(office)}/slots"
    async with office.program() as program:
        is_problem(await program.get(address, params={"day": day}), 422)


async def test_reading_times_needs_the_scope(office: Office) -> None:
    made = await opened(office)
    async with office.program("no token") as program:
        is_problem(await program.get(f"{ESCALATIONS}/{made}/slots"), 401)
    async with office.program() as program:
        is_problem(await program.get(f"{ESCALATIONS}/00000000-0000-0000-0000-000000000000/slots"), 404)
        is_problem(await program.get(f"{ESCALATIONS}/nonsense/slots"), 404)


async def test_without_a_pool_no_time_is_open(office: Office) -> None:
    made = await opened(office)
    async with office.engine.begin() as conn:
        await conn.execute(text("UPDATE escalation SET pool = NULL"))
    async with office.program() as program:
        answer = await program.get(f"{ESCALATIONS}/{made}/slots")
    assert answer.status_code == 200, answer.text
    assert not any(slot["open"] for slot in answer.json()["slots"])


def test_every_reason_is_documented() -> None:
    page = document("docs/api.md")
    assert [why for why in Why if f"`{why}`" not in page] == []
