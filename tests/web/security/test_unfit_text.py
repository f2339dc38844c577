"""Text that can't be stored, impossible numbers and invisible names are refused politely everywhere."""

from __future__ import annotations

import re

import pytest

from tests.web.customers import caller, visitor
from tests.web.office import Office, office

__all__ = ["office"]

NOWHERE = "00000000-0000-0000-0000-000000000000"


async def test_an_address_with_a_nul_is_not_found(office: Office) -> None:
    manager = await office.browser("Marta Manager")
    for address in ("/directory?q=%00", "/shifts?q=a&q=%00", "/directory?team=1&title=%00"):
        answer = await manager.client.get(address)
        assert answer.status_code == 422, address
        assert "contains characters that are not text" in answer.text
    async with visitor(office.app) as stranger:
        assert (await stranger.post("/hooks/zendesk/%00", content=b"{}")).status_code == 404
        assert (await stranger.put("/api/v1/people/%00/days/2026-12-01", json={"hours": []})).status_code == 404


@pytest.mark.parametrize("nth", [2**31, 10**25, -1])
async def test_an_offer_with_an_impossible_number_is_refused(office: Office, nth: int) -> None:
    agent = await office.browser("Anna Schmidt")
    for answer in ("accept", "decline"):
        sent = await agent.post(f"/desk/offers/{NOWHERE}/{nth}/{answer}", "/desk")
        assert sent.status_code == 422
    assert (await agent.client.get(f"/desk/offers/{NOWHERE}/{nth}/context")).status_code == 422


@pytest.mark.parametrize("name", ["\u200b", "Sup\u200bport", "\u202etroppuS", "Sails\u2069", "\u200d"])
async def test_an_invisible_name_is_refused(office: Office, name: str) -> None:
    manager = await office.browser("Marta Manager")
    answer = await manager.post("/directory/skills", "/directory/skills", name=name)
    assert answer.status_code == 422
    assert "invisible characters" in answer.text


async def test_a_team_with_an_unknown_lead_or_two_addresses_is_refused(office: Office) -> None:
    manager = await office.browser("Marta Manager")
    page, mail = "/directory/teams", "rigging@harbor.example"
    for sent in ({"lead": "99999999"}, {"mail": f"{mail},spy@else.example"}, {"mail": f"<{mail}>"}, {"mail": ""}):
        answer = await manager.post(page, page, **({"name": "Rigging", "mail": mail} | sent))
        assert answer.status_code == 422, sent
        assert 'value="Rigging"' in answer.text
        changed = await manager.post(f"{page}/1/change", f"{page}/1", **({"mail": mail} | sent))
        assert changed.status_code == 422, sent


async def test_a_call_without_a_booking_and_an_impossible_year_are_refused(office: Office) -> None:
    mira = await caller(office)
    async with visitor(office.app) as client:
        found = re.search(r'name="form_token" value="([^"]+)"', (await client.get(mira.address)).text)
        assert found is not None
        for start in ("", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59Z"):
            sent = {"form_token": found[1], "start": start, "sure": "yes"}
            answers = [await client.post(f"{mira.address}/{what}", data=sent) for what in ("book", "move", "cancel")]
            assert [answer.status_code for answer in answers] == [422, 303, 303], start
