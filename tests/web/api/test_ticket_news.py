"""What became of tickets, the customer's last words and telephone: taken, refused if wrong, shown."""

from __future__ import annotations

from typing import Any

import pytest

from database.tables.escalation import customer, escalation
from tests.web.desk_floor import ME, Floor, floor
from tests.web.office import Office, office, ticket

__all__ = ["floor", "office"]

ESCALATIONS, TICKETS = "/api/v1/escalations", "/api/v1/tickets"
CREATED = "2026-03-02T11:08:09Z"
MESSAGES: list[Any] = [{"author": "Mira", "at": "2026-03-02T12:08:09+01:00", "text": "It stops.\nAlways."}, "And now?"]


async def test_news_are_taken_with_the_ticket_and_later(office: Office) -> None:
    body = ticket(ticket__created_at=CREATED, ticket__replies=7)
    name = {"system": "zendesk", "id": "4711", "url": body["ticket"]["url"]}
    async with office.program() as program:
        one = (await program.post(ESCALATIONS, json=body)).json()["id"]
        news = name | {"solved_at": "2026-03-05T12:00:00+01:00", "replies": 9}
        for _ in range(2):
            answer = await program.patch(TICKETS, json=news)
            assert answer.status_code == 200, answer.text
            stands = {"created_at": CREATED, "solved_at": "2026-03-05T11:00:00Z", "reopened_at": None, "replies": 9}
            assert answer.json() == {"escalations": [one]} | stands
        await program.post(f"{ESCALATIONS}/{one}/withdraw")
        later = await program.patch(TICKETS, json=name | {"reopened_at": "2026-04-01T00:00:00Z"})
        read = (await program.get(f"{ESCALATIONS}/{one}")).json()
    assert later.json()["reopened_at"] == "2026-04-01T00:00:00Z"
    assert read["state"] == "closed"
    assert {field: read["ticket"][field] for field in stands} == stands | {"reopened_at": "2026-04-01T00:00:00Z"}


async def test_news_of_another_accounts_ticket_change_nothing(office: Office) -> None:
    async with office.program() as program:
        one = (await program.post(ESCALATIONS, json=ticket())).json()["id"]
        elsewhere = {"system": "zendesk", "id": "4711", "url": "https://marina.zendesk.com/agent/tickets/4711"}
        unknown = await program.patch(TICKETS, json=elsewhere | {"replies": 5})
        read = (await program.get(f"{ESCALATIONS}/{one}")).json()
    assert (unknown.status_code, unknown.json()["type"]) == (404, "urn:muster:ticket-unknown")
    assert read["ticket"]["replies"] is None


@pytest.mark.parametrize(
    ("news", "pointer"),
    [
        ({}, ""),
        ({"solved_at": "2026-03-05T12:00:00"}, "/solved_at"),
        ({"replies": -1}, "/replies"),
        ({"replies": "5"}, "/replies"),
        ({"state": "solved"}, "/state"),
    ],
)
async def test_wrong_news_are_refused(office: Office, news: dict[str, Any], pointer: str) -> None:
    async with office.program() as program:
        answer = await program.patch(TICKETS, json={"system": "zendesk", "id": "4711"} | news)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_last_words_and_telephone_are_kept(office: Office) -> None:
    async with office.program() as program:
        opened = await program.post(ESCALATIONS, json=ticket(conversation=MESSAGES, customer__phone="+45 32 12 34 56"))
        assert opened.status_code == 201, opened.text
        read = (await program.get(opened.headers["location"])).json()
        await program.post(ESCALATIONS, json=ticket("4712"))
        after = (await program.get(opened.headers["location"])).json()
    assert read["customer"]["phone"] == after["customer"]["phone"] == "+4532123456"
    assert read["conversation"] == [
        {"author": "Mira", "at": "2026-03-02T11:08:09+00:00", "text": "It stops.\nAlways."},
        {"author": "", "at": None, "text": "And now?"},
    ]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"conversation": ["x"] * 11}, "/conversation"),
        ({"conversation": ["å" * 5001, "å" * 5000]}, "/conversation"),
        ({"conversation": ["a\x00b"]}, "/conversation/0/text"),
        ({"conversation": [""]}, "/conversation/0/text"),
        ({"conversation": [{"text": "a", "html": "<b>"}]}, "/conversation/0/html"),
        ({"conversation": [{"text": "a", "at": "2026-03-02"}]}, "/conversation/0/at"),
        ({"conversation": [{"text": "a", "at": "0001-01-01T00:00:00+01:00"}]}, "/conversation/0/at"),
        ({"customer__phone": "32 12 34 56"}, "/customer/phone"),
        ({"customer__phone": "+45 12"}, "/customer/phone"),
        ({"customer__phone": "call me"}, "/customer/phone"),
    ],
)
async def test_wrong_last_words_and_numbers_are_refused(office: Office, change: dict[str, Any], pointer: str) -> None:
    async with office.program() as program:
        answer = await program.post(ESCALATIONS, json=ticket(**change))
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer], answer.text


async def test_the_offer_shows_last_words_and_telephone(floor: Floor) -> None:
    made = await floor.due_call()
    words = [{"author": "Mira", "at": CREATED, "text": "It stops.\nAlways <always>."}]
    async with floor.engine.begin() as conn:
        await conn.execute(escalation.update().values(conversation=words))
        await conn.execute(customer.update().values(phone="+4532123456"))
    await floor.offer(made, ME)
    browser = await floor.office.browser(ME)
    desk = await browser.get("/desk")
    assert '<a href="tel:+4532123456">+4532123456</a>' in desk
    assert "It stops.\nAlways &lt;always&gt;." in desk
    assert "<footer>Mira</footer>" in desk
