"""The API: opening and reading escalations, refusals and problems."""

from __future__ import annotations

from typing import Any

import httpx

from database.stores.access.api_tokens import create_token, revoke_token
from database.stores.journal.timeline import database_now
from tests.web.office import RULES, Office, office, ticket

__all__ = ["office"]

ESCALATIONS = "/api/v1/escalations"


def is_problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == status
    assert problem["title"]
    return problem


def pointers(answer: httpx.Response) -> list[str]:
    return [error["pointer"] for error in is_problem(answer, 422)["errors"]]


async def test_a_ticket_has_one_escalation(office: Office) -> None:
    async with office.program() as program:
        first = await program.post(ESCALATIONS, json=ticket())
        again = await program.post(ESCALATIONS, json=ticket())
        other = await program.post(ESCALATIONS, json=ticket("4712"))
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 201)
    opened = first.json()
    assert set(opened) == {"id", "state", "customer_link", "plan"}
    assert opened == again.json() != other.json()
    assert first.headers["location"] == f"{ESCALATIONS}/{opened['id']}"
    assert opened["state"] == "invited"
    assert opened["customer_link"].startswith("http://127.0.0.1:8700/c/")
    assert opened["plan"]["pool"] == 'team "Support"'


async def test_an_escalation_is_read_with_everything_about_it(office: Office) -> None:
    async with office.program() as program:
        opened = (await program.post(ESCALATIONS, json=ticket())).json()
        escalation = (await program.get(f"{ESCALATIONS}/{opened['id']}")).json()
    assert {"id", "state", "ticket", "plan", "booking", "offers", "call", "rating", "timeline"} <= set(escalation)
    assert escalation["ticket"]["facts"]["replies"] == 7
    assert [event["kind"] for event in escalation["timeline"]] == ["opened", "link_issued"]
    assert escalation["booking"] is None
    assert escalation["timeline"][0]["actor"] == "api:test"


async def test_a_call_now_has_a_waiting_room_and_no_booking(office: Office) -> None:
    body = ticket(mode="now", ticket__facts={"tags": ["safety"], "product area": "engine"})
    async with office.program() as program:
        answer = await program.post(ESCALATIONS, json=body)
        assert answer.status_code == 201, answer.text
        escalation = (await program.get(answer.headers["location"])).json()
    assert answer.json()["state"] == "mustering"
    assert answer.json()["customer_link"]
    assert escalation["call"]["state"] == "waiting"


async def test_an_idempotency_key_repeats_the_first_response(office: Office) -> None:
    key = {"Idempotency-Key": "click-1"}
    async with office.program() as program:
        first = await program.post(ESCALATIONS, json=ticket(), headers=key)
        again = await program.post(ESCALATIONS, json=ticket(), headers=key)
        other = await program.post(ESCALATIONS, json=ticket("5"), headers=key)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert is_problem(other, 422)["type"] == "urn:muster:key-reused"


NO_CALL = """
rule "Small boats"
  when product area is sails
  no call, say "Sails are answered in writing."
"""


async def test_every_refusal_names_its_rule_and_reason(office: Office) -> None:
    first = '\nrule "Engine stopped at sea"'
    rules = RULES.replace(first, NO_CALL + first, 1)
    browser = await office.browser("Marta Manager")
    await browser.post("/rules/publish", "/rules/edit", text=rules, reason="no sails", based_on="1")
    body = ticket(ticket__facts={"product area": "sails", "priority": "normal", "tags": []})
    async with office.program() as program:
        for _ in range(2):
            answer = await program.post(ESCALATIONS, json=body, headers={"Idempotency-Key": "sails"})
            problem = is_problem(answer, 422)
            assert problem["rule"] == "Small boats"
            assert problem["reason"] == "Sails are answered in writing."
        found = (await program.get(ESCALATIONS, params={"state": "refused"})).json()
    assert len(found["escalations"]) == 1


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"ticket__id": 4711}, "/ticket/id"),
    ({"ticket__id": "  "}, "/ticket/id"),
    ({"ticket__subject": "a\x00b"}, "/ticket/subject"),
    ({"ticket__subject": "a\nb"}, "/ticket/subject"),
    ({"ticket__subject": "\u202egnp.exe"}, "/ticket/subject"),
    ({"ticket__subject": "x" * 501}, "/ticket/subject"),
    ({"ticket__url": "javascript:alert(1)"}, "/ticket/url"),
    ({"ticket__url": "https://"}, "/ticket/url"),
    ({"ticket__colour": "red"}, "/ticket/colour"),
    ({"ticket__facts": {"priorty": "high"}}, "/ticket/facts/priorty"),
    ({"ticket__facts": {"priority": "purple"}}, "/ticket/facts/priority"),
    ({"ticket__facts": {"replies": 1.5}}, "/ticket/facts/replies"),
    ({"ticket__facts": {"replies": -1}}, "/ticket/facts/replies"),
    ({"ticket__facts": [1]}, "/ticket/facts"),
    ({"customer__facts": {"a/b~c": "d"}}, "/customer/facts/a~1b~0c"),
    ({"customer__email": "mira"}, "/customer/email"),
    ({"customer__email": "mira@olsen.example\nBcc: all@x.example"}, "/customer/email"),
    ({"customer__email": "mira..o@olsen.example"}, "/customer/email"),
    ({"customer__time_zone": "Mars/Olympus"}, "/customer/time_zone"),
    ({"customer__name": ""}, "/customer/name"),
    ({"customer__language": "de" + " " * 40}, "/customer/language"),
    ({"ticket__created_at": 1_800_000_000}, "/ticket/created_at"),
    ({"mode": "later"}, "/mode"),
    ({"mode": True}, "/mode"),
    ({"customer": None}, "/customer"),
    ({"agent": "Anna Schmidt"}, "/agent"),
]


async def test_a_wrong_field_is_named(office: Office) -> None:
    async with office.program() as program:
        for changes, pointer in WRONG:
            answer = await program.post(ESCALATIONS, json=ticket(**changes))
            assert (changes, pointers(answer)) == (changes, [pointer])


async def test_a_missing_field_is_named(office: Office) -> None:
    body = ticket()
    del body["customer"]["email"], body["ticket"]
    async with office.program() as program:
        assert sorted(pointers(await program.post(ESCALATIONS, json=body))) == ["/customer/email", "/ticket"]


NO_REQUESTS: list[tuple[bytes, int]] = [
    (b"", 400),
    (b"{", 400),
    (b"\xff\xfe{}", 400),
    (b"[" * 10_000 + b"]" * 10_000, 400),
    (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, 400),
    (b'{"ticket": NaN}', 400),
    (b'{"mode": "now", "mode": "booking"}', 400),
    (b'{"ticket": ' + b"9" * 5000 + b"}", 400),
    (b"[]", 422),
    (b"null", 422),
    (b'{"ticket": {"subject": "\\ud800"}}', 422),
    (b'{"ticket": "' + b"x" * 300_000 + b'"}', 413),
    (b'{"ticket": "' + b"x" * 2_000_000 + b'"}', 413),
]


async def test_an_invalid_body_is_a_problem(office: Office) -> None:
    async with office.program() as program:
        for body, status in NO_REQUESTS:
            answer = await program.post(ESCALATIONS, content=body, headers={"Content-Type": "application/json"})
            is_problem(answer, status)
        is_problem(await program.post(ESCALATIONS, data={"a": "b"}), 415)


async def test_unknown_addresses_are_problems(office: Office) -> None:
    unknown = "00000000-0000-4000-8000-000000000000"
    async with office.program() as program:
        is_problem(await program.get("/api/v1/nothing"), 404)
        is_problem(await program.get("/api/nothing"), 404)
        is_problem(await program.put(ESCALATIONS, json={}), 405)
        for address in (unknown, "1", "x" * 300, "%00", "'; drop table escalation"):
            is_problem(await program.get(f"{ESCALATIONS}/{address}"), 404)
        assert pointers(await program.get(ESCALATIONS, params={"cursor": "what"})) == ["?cursor"]
        assert pointers(await program.get(ESCALATIONS, params={"limit": "0"})) == ["?limit"]
        is_problem(await program.get(ESCALATIONS, params={"state": "lost"}), 422)


async def test_tokens_allow_their_scopes_until_they_are_revoked(office: Office) -> None:
    async with office.engine.begin() as conn:
        now = await database_now(conn, None)
        reader = await create_token(conn, "reader", ["escalations:read"], now)
    async with office.program("") as nobody, office.program("muster_wrong") as wrong, office.program(reader) as reading:
        for client in (nobody, wrong):
            answer = await client.get(ESCALATIONS)
            is_problem(answer, 401)
            assert answer.headers["www-authenticate"].startswith("Bearer")
        assert (await reading.get(ESCALATIONS)).status_code == 200
        is_problem(await reading.post(ESCALATIONS, json=ticket()), 403)
        is_problem(await reading.get("/api/v1/export"), 403)
        async with office.engine.begin() as conn:
            assert await revoke_token(conn, "reader", now)
        is_problem(await reading.get(ESCALATIONS), 401)
