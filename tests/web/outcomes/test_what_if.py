"""The page that simulates days: results and refusals."""

from __future__ import annotations

import pytest

from tests.web.customers import caller
from tests.web.office import Office, office

__all__ = ["office"]


async def test_a_simulation_is_played_and_reported(office: Office) -> None:
    manager = await office.browser("Marta Manager")
    assert "What if" in await manager.get("/outcomes/what-if")
    played = await manager.get("/outcomes/what-if?play=true&escalations=6&title=Advisor&change=-1")
    assert "Found at call time," in played
    assert "found at call time, 1 fewer: Advisor" in played
    assert "What each way of working means" in played


async def test_a_past_week_is_replayed(office: Office) -> None:
    manager = await office.browser("Marta Manager")
    assert "your last week" not in await manager.get("/outcomes/what-if"), "nothing has been asked for yet"
    one = await caller(office)
    await one.book()
    assert "your last week: 1 call<" in await manager.get("/outcomes/what-if")
    played = await manager.get("/outcomes/what-if?play=true&past=1")
    assert "booked calls played)" in played
    assert '<option value="1" selected>' in played


@pytest.mark.parametrize(
    "asked",
    [
        "play=true&days=7&escalations=600",
        "play=true&escalations=0",
        "play=true&sick=1e9",
        "play=true&past=5",
        "play=true&title=Advisor&change=-20",
        "play=true&title=%00&change=1",
    ],
)
async def test_an_impossible_simulation_is_refused(office: Office, asked: str) -> None:
    await (await office.browser("Marta Manager")).get(f"/outcomes/what-if?{asked}", 422)


async def test_a_simulation_that_is_too_large_keeps_the_form(office: Office) -> None:
    manager, too_much = (
        await office.browser("Marta Manager"),
        "/outcomes/what-if?play=true&days=7&escalations=600&sick=13",
    )
    refused = await manager.get(too_much, 422)
    assert (await manager.client.get(too_much, headers={"HX-Request": "true"})).status_code == 200, "so that it shows"
    assert "This is too much to simulate here." in refused
    assert 'value="13"' in refused


async def test_agents_may_not_simulate(office: Office) -> None:
    await (await office.browser("Anna Schmidt")).get("/outcomes/what-if", 403)
