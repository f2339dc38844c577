"""Every signed-in action of an agent is a sign of life, and every staff page keeps its agent present."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from database.tables.directory import person, presence
from tests.web.desk_floor import ME, Floor, floor
from tests.web.office import Browser, office
from web.security.access import BACKGROUND, NO_SIGN_OF_LIFE
from web.security.access_matrix import DESK, MATRIX

__all__ = ["floor", "office"]

LONG_AGO = timedelta(minutes=10)
PAGES = [
    key.removeprefix("GET ")
    for key, rule in MATRIX.items()
    if isinstance(rule, frozenset)
    and key.startswith("GET ")
    and "{" not in key
    and key not in NO_SIGN_OF_LIFE | {"GET /rules/compare"}
]


async def silent(floor: Floor, *people: str) -> None:
    """These people were available, and nothing was heard of them for ten minutes."""
    for name in people:
        browser = await floor.office.browser(name)
        await browser.post("/desk/presence", "/desk", state="available")
        await heard(floor, name)
        await floor.change_presence(name, seen_at=datetime.now(UTC) - LONG_AGO)


async def seen_at(floor: Floor, name: str) -> datetime:
    async with floor.engine.connect() as conn:
        query = select(presence.c.seen_at).where(presence.c.person == floor.people[name])
        found: datetime = (await conn.execute(query)).scalar_one()
    return found


async def heard(floor: Floor, name: str) -> bool:
    """Whether a sign of life of this person is written soon."""
    for _ in range(250):
        if datetime.now(UTC) - await seen_at(floor, name) < LONG_AGO / 2:
            return True
        await asyncio.sleep(0.02)
    return False


async def all_written(floor: Floor) -> None:
    """Return once everything noted so far is written: what is noted later is never written earlier.

    The first of two later signs may be taken for one that somebody gave before; the second can't be.
    """
    browser = await floor.office.browser("Anna Schmidt")
    for _ in range(2):
        await floor.change_presence("Anna Schmidt", seen_at=datetime.now(UTC) - LONG_AGO)
        await browser.get("/shifts/me")
        assert await heard(floor, "Anna Schmidt")


async def all_roles(floor: Floor) -> Browser:
    async with floor.engine.begin() as conn:
        roles = ["agent", "manager", "ops", "admin"]
        await conn.execute(update(person).where(person.c.id == floor.people[ME]).values(roles=roles))
    return await floor.office.browser(ME)


async def test_every_staff_page_is_a_sign_of_life_and_goes_on_giving_them(floor: Floor) -> None:
    browser = await all_roles(floor)
    await silent(floor, ME)
    for address in PAGES:
        await floor.change_presence(ME, seen_at=datetime.now(UTC) - LONG_AGO)
        answer = await browser.client.get(address)
        assert answer.status_code == 200, address
        assert await heard(floor, ME), address
        if answer.headers["content-type"].startswith("text/html"):
            assert re.search(r'id="(desk-beat|elsewhere)"', answer.text), address


async def test_an_action_is_a_sign_of_life_even_if_it_is_refused(floor: Floor) -> None:
    await silent(floor, ME)
    browser = await floor.office.browser(ME)
    answer = await browser.client.post("/desk/escalate", data={"form_token": "wrong"})
    assert answer.status_code == 403
    assert await heard(floor, ME)


async def test_signing_out_is_no_sign_of_life(floor: Floor) -> None:
    await silent(floor, ME, "Anna Schmidt")
    browser = await floor.office.browser(ME)
    page = await browser.get("/shifts/me")
    await all_written(floor)
    await floor.change_presence(ME, seen_at=datetime.now(UTC) - LONG_AGO)
    token = re.search(r'name="form_token" value="([^"]+)"', page)
    assert token is not None
    assert (await browser.client.post("/sign-out", data={"form_token": token[1]})).status_code == 303
    await all_written(floor)
    assert datetime.now(UTC) - await seen_at(floor, ME) > LONG_AGO / 2


def test_what_pages_call_by_themselves_is_no_sign_of_life() -> None:
    signed_in = {key for key, rule in MATRIX.items() if isinstance(rule, frozenset)}
    assert {key for key in signed_in if key.endswith("/stream")} < NO_SIGN_OF_LIFE
    assert {key for key in NO_SIGN_OF_LIFE if key not in MATRIX} == set()
    assert all(MATRIX[key] == DESK for key in BACKGROUND)


async def test_another_page_says_once_that_a_call_is_offered_and_how_it_passed(floor: Floor) -> None:
    await silent(floor, ME)
    browser = await floor.office.browser(ME)
    page = "/shifts/me"
    quiet = await browser.post("/desk/presence/elsewhere", page)
    assert "offered" not in quiet.text
    made = await floor.due_call()
    await floor.offer(made, ME)
    rings = await browser.post("/desk/presence/elsewhere", page)
    assert "A call is offered to you</span>: Engine stops at sea, Mira Olsen" in rings.text
    seen = re.search(r'name="seen.offer" value="(\w+)"', rings.text)
    assert seen is not None
    again = await browser.post("/desk/presence/elsewhere", page, **{"seen.offer": seen[1]})
    assert (again.status_code, again.text) == (204, "")
    now = datetime.now(UTC)
    await floor.change_offer(made, state="expired", expires_at=now - timedelta(seconds=1), answered_at=now)
    passed = await browser.post("/desk/presence/elsewhere", page, **{"seen.offer": seen[1]})
    assert "has passed</span>: it ran out before it was answered" in passed.text


@pytest.mark.parametrize("name", [ME, "Anna Schmidt"])
async def test_the_page_for_joining_is_a_sign_of_life_of_its_agent_alone(floor: Floor, name: str) -> None:
    await silent(floor, ME, "Anna Schmidt")
    made = await floor.due_call()
    await floor.offer(made, ME)
    browser = await floor.office.browser(ME)
    await browser.post(f"/desk/offers/{made.call_id}/1/accept", "/desk")
    join = re.search(r'href="(/join/[\w-]+)"', await browser.get("/desk"))
    assert join is not None
    await heard(floor, ME)
    await floor.change_presence(ME, seen_at=datetime.now(UTC) - LONG_AGO)
    page = await (await floor.office.browser(name)).get(join[1])
    assert ('id="elsewhere"' in page) == (name == ME)
    if name == ME:
        assert await heard(floor, ME)


@pytest.mark.parametrize(
    ("offer", "events", "words"),
    [
        ({"state": "expired", "at": 46}, [], "it ran out before it was answered"),
        ({"state": "expired", "at": 9}, [("agent_vanished", {})], "your desk lost its connection before you answered"),
        (
            {"state": "expired", "at": 60},
            [("accepted", {}), ("agent_vanished", {})],
            "you had taken it, but your desk lost its connection before you joined",
        ),
        ({"state": "missed", "at": 60}, [("accepted", {}), ("agent_missed", {})], "you had taken it and didn’t join"),
        (
            {"state": "missed", "at": 60},
            [("accepted", {}), ("agent_vanished", {"midway": True})],
            "the customer said that nobody else was in the room, and you didn’t come back in time",
        ),
        (
            {"state": "expired", "at": 60},
            [("accepted", {}), ("agent_vanished", {"midway": True})],
            "the customer said that nobody else was in the room, and your desk wasn’t connected",
        ),
    ],
)
async def test_a_passed_offer_says_how_it_passed(
    floor: Floor, offer: dict[str, object], events: list[tuple[str, dict[str, object]]], words: str
) -> None:
    made = await floor.due_call()
    await floor.offer(made, ME)
    now = datetime.now(UTC)
    began = now - timedelta(seconds=int(str(offer["at"])))
    times: dict[str, Any] = {"made_at": began, "expires_at": began + timedelta(seconds=45), "answered_at": now}
    await floor.change_offer(made, state=offer["state"], **times)
    await floor.happened(made, *((kind, {"offer": 1, **body}) for kind, body in events))
    assert words in await (await floor.office.browser(ME)).get("/desk")
