"""Query parameters and filters: what doesn't exist is refused, and each filter finds what it says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from database.tables.escalation import escalation
from tests.web.office import Office, office, ticket

__all__ = ["office"]

ESCALATIONS = "/api/v1/escalations"
SHIFTS = "/api/v1/shifts?from=2030-01-01T00:00:00Z&until=2030-01-08T00:00:00Z"


async def made(office: Office, number: str, **changes: Any) -> str:
    async with office.program() as program:
        answer = await program.post(ESCALATIONS, json=ticket(number, **changes))
    escalation_id: str = answer.json()["id"]
    return escalation_id


@pytest.mark.parametrize(
    ("address", "pointer", "detail"),
    [
        (f"{ESCALATIONS}?limit=5&after=x", "?after", "there is no such parameter; did you mean cursor?"),
        (f"{ESCALATIONS}?next=x", "?next", "there is no such parameter; did you mean cursor?"),
        (f"{ESCALATIONS}?foo=1", "?foo", "there is no such parameter"),
        (f"{ESCALATIONS}?stat=invited", "?stat", "there is no such parameter; did you mean state?"),
        (f"{ESCALATIONS}?Cursor=", "?Cursor", "there is no such parameter; did you mean cursor?"),
        (f"{SHIFTS}&after=1", "?after", "there is no such parameter; did you mean cursor?"),
        (f"{ESCALATIONS}/1?fields=id", "?fields", "there is no such parameter"),
        (f"{ESCALATIONS}/1/slots?date=2030-01-01", "?date", "there is no such parameter; did you mean day?"),
        ("/api/v1/export?since=1", "?since", "there is no such parameter"),
        ("/api/v1/openapi.json?version=3", "?version", "there is no such parameter"),
    ],
)
async def test_an_unknown_parameter_is_refused_with_the_likely_one(
    office: Office, address: str, pointer: str, detail: str
) -> None:
    async with office.program() as program:
        answer = await program.get(address)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"] == [{"pointer": pointer, "detail": detail}]


async def test_unknown_parameters_are_refused_for_every_method(office: Office) -> None:
    async with office.program() as program:
        answers = [
            await program.post(f"{ESCALATIONS}?dry_run=true", json=ticket()),
            await program.post(f"{ESCALATIONS}/1/withdraw?outcome=withdrawn"),
            await program.patch("/api/v1/tickets?id=1", json={}),
            await program.put("/api/v1/people/a@b.example/days/2030-01-07?dry_run=true", json={"hours": []}),
            await program.delete("/api/v1/people/a@b.example/time-off/leave?dry=true"),
        ]
    assert [answer.status_code for answer in answers] == [422] * 5
    assert {answer.json()["errors"][0]["detail"].partition(";")[0] for answer in answers} == {
        "there is no such parameter"
    }


async def test_customers_pages_take_what_mail_trackers_add(office: Office) -> None:
    async with office.program() as program:
        link = (await program.post(ESCALATIONS, json=ticket())).json()["customer_link"]
    async with office.program("") as anybody:
        answer = await anybody.get(link.partition("8700")[2] + "?utm_source=mail&fbclid=1")
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("state=invited&state=gone", "?state"),
        ("outcome=won", "?outcome"),
        ("updated_since=2030-01-01", "?updated_since"),
        ("ticket=what%3F!", "?ticket"),
        ("limit=0", "?limit"),
        ("cursor=x", "?cursor"),
    ],
)
async def test_a_wrong_parameter_is_named(office: Office, query: str, pointer: str) -> None:
    async with office.program() as program:
        answer = await program.get(f"{ESCALATIONS}?{query}")
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_each_filter_finds_what_it_says(office: Office) -> None:
    plain = await made(office, "1")
    marina = await made(
        office, "1", ticket__url="https://marina.zendesk.com/agent/tickets/1", customer__email="pavel@novy.example"
    )
    ended = await made(office, "2", customer__email="Ida@Lund.example")
    now = datetime.now(UTC)
    async with office.engine.begin() as conn:
        values = {"rule": "Of yesterday", "team": None, "updated_at": now - timedelta(days=1)}
        await conn.execute(update(escalation).where(escalation.c.id == marina).values(values))
    async with office.program() as program:
        await program.post(f"{ESCALATIONS}/{ended}/withdraw", json={"outcome": "ticket_solved"})

        async def found(**query: Any) -> set[str]:
            answer = await program.get(ESCALATIONS, params=query)
            assert answer.status_code == 200, answer.text
            return {one["id"] for one in answer.json()["escalations"]}

        assert await found(ticket="#1") == {plain, marina}
        assert await found(ticket="https://harbor.zendesk.com/agent/#/tickets/1") == {plain}
        assert await found(ticket="marina.zendesk.com/agent/tickets/1") == {marina}
        assert await found(customer="IDA@lund.example") == {ended}
        assert await found(outcome=["ticket_solved", "withdrawn"]) == {ended}
        assert await found(state="invited", ticket="1") == {plain, marina}
        assert await found(team="Support") == {plain, ended}
        assert await found(team="Nobody") == set()
        assert await found(rule="Of yesterday") == {marina}
        assert await found(updated_since=(now - timedelta(hours=1)).isoformat()) == {plain, ended}
        assert await found(rule="Of yesterday", customer="ida@lund.example") == set()


async def test_shifts_are_paged_by_the_same_word(office: Office) -> None:
    async with office.program() as program:
        everybody = (await program.get(SHIFTS)).json()["people"]
        behind = await program.get(f"{SHIFTS}&cursor={office.people[everybody[0]['name']]}")
    assert [one["name"] for one in behind.json()["people"]] == [one["name"] for one in everybody[1:]]
