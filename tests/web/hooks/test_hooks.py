"""Zendesk's webhooks: signed or refused, idempotent, in both forms."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from sqlalchemy import Text, cast, func, select

from database.stores.access.webhooks import add_source
from database.stores.staff.fact_types import keep_fact
from database.tables.account import webhook_received
from database.tables.escalation import escalation
from rules_dsl.directory import FactType
from tests.web.office import Office, office, ticket
from web.hooks.signature import zendesk_signature

__all__ = ["office"]

SECRET = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="
HOOKS = "/hooks/zendesk/"


def event(number: str = "4711", identity: str = "event-1", **detail: Any) -> dict[str, Any]:
    """A payload of an event subscription."""
    return {
        "account_id": 12514403,
        "detail": {
            "id": number,
            "subject": "Engine stops at sea",
            "status": "OPEN",
            "priority": "URGENT",
            "tags": ["escalate_call", "safety"],
            "requester_id": "8447388090494",
            "via": {"channel": "web_service"},
            **detail,
        },
        "event": {"meta": {"sequence": {"id": "01GWDV", "position": 1, "total": 1}}, "tags_added": ["escalate_call"]},
        "id": identity,
        "subject": f"zen:ticket:{number}",
        "time": "2026-03-02T11:08:09Z",
        "type": "zen:event-type:ticket.tags_changed",
        "zendesk_event_version": "2022-11-06",
    }


OWN = FactType("contract plan", "choice", ("silver", "gold"))
BOATS, INSURED = FactType("boats owned", "count"), FactType("insured", "yes/no")
REQUESTER = {"name": "Mira Olsen", "email": "mira@olsen.example", "locale": "da"}


async def send(
    office: Office,
    payload: object,
    *,
    at: datetime | None = None,
    secret: str = SECRET,
    source: str = "harbor",
    **headers: str,
) -> httpx.Response:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    timestamp = (at or datetime.now(UTC)).isoformat().replace("+00:00", "Z")
    signed = {
        "X-Zendesk-Webhook-Signature": zendesk_signature(secret, timestamp, body),
        "X-Zendesk-Webhook-Signature-Timestamp": timestamp,
        "Content-Type": "application/json",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    async with office.program("") as zendesk:
        return await zendesk.post(
            HOOKS + source, content=body, headers=[(name.encode(), value.encode()) for name, value in signed.items()]
        )


async def with_source(office: Office, *others: str) -> None:
    async with office.engine.begin() as conn:
        for name in ("harbor", *others):
            await add_source(conn, name, "zendesk", SECRET)


def trigger(number: str, account: str, email: str) -> dict[str, Any]:
    """The body that a trigger of this account sends."""
    url = f"https://{account}.zendesk.com/agent/tickets/{number}"
    return {"ticket": {"id": number, "url": url, "subject": "Engine"}, "customer": {"name": "N", "email": email}}


async def count(office: Office) -> int:
    async with office.engine.connect() as conn:
        number: int = (await conn.execute(select(func.count()).select_from(escalation))).scalar_one()
        return number


def test_the_signature_is_zendesks() -> None:
    # Made by `printf '2026-01-01T00:00:00Z{}' | openssl dgst -sha256 -hmac secret -binary | base64`.
    assert zendesk_signature("secret", "2026-01-01T00:00:00Z", b"{}") == "AA6OcV+iSrr+EN/6UKF2Epg8Hd3gMK9dhFNRr/gXDgA="


async def test_a_trigger_opens_an_escalation_once(office: Office) -> None:
    await with_source(office)
    body = {key: value for key, value in ticket().items() if key != "mode"}
    first = await send(office, body, X_Zendesk_Webhook_Invocation_Id="i-1")
    again = await send(office, body, X_Zendesk_Webhook_Invocation_Id="i-1")
    standing = await send(office, body, X_Zendesk_Webhook_Invocation_Id="i-2")
    assert first.status_code == 200, first.text
    assert first.json() == again.json()
    assert (first.json()["done"], standing.json()["done"]) == ("opened", "stood already")
    link = first.json()["customer_link"]
    assert link.startswith("http://127.0.0.1:8700/c/")
    assert await count(office) == 1
    async with office.engine.connect() as conn:
        stored = (await conn.execute(select(cast(webhook_received.c.answer, Text)))).scalars().all()
    assert stored
    assert not any(link.rpartition("/")[2] in one for one in stored), "no table holds a link"


async def test_the_same_number_at_two_accounts_is_two_tickets(office: Office) -> None:
    """Neither account ever gets the customer link of the other."""
    await with_source(office, "marina")
    harbor = (await send(office, trigger("777", "harbor", "mira@olsen.example"))).json()
    marina = (await send(office, trigger("777", "marina", "pavel@novy.example"), source="marina")).json()
    assert (harbor["done"], marina["done"]) == ("opened", "opened")
    assert len({harbor["id"], marina["id"]}) == len({harbor["customer_link"], marina["customer_link"]}) == 2
    passed_on = event("777", "event-9", requester=REQUESTER)
    again = (await send(office, passed_on, source="marina")).json()
    assert (again["done"], again["id"]) == ("stood already", marina["id"]), "an event names no address"
    async with office.program() as program:
        body = ticket("777", ticket__url="https://marina.zendesk.com/agent/tickets/777")
        by_program = (await program.post("/api/v1/escalations", json=body)).json()
    assert (by_program["id"], by_program["customer_link"]) == (marina["id"], marina["customer_link"])


async def test_a_source_speaks_for_its_own_account_alone(office: Office) -> None:
    await with_source(office, "marina")
    harbor = (await send(office, trigger("777", "harbor", "mira@olsen.example"))).json()
    await send(office, trigger("1", "marina", "pavel@novy.example"), source="marina")
    forged = (await send(office, trigger("777", "harbor", "eve@evil.example"), source="marina")).json()
    assert forged["done"] == "opened"
    assert forged["customer_link"] != harbor["customer_link"]
    ended = {"ticket": trigger("777", "harbor", "")["ticket"] | {"status": "solved"}}
    async with office.engine.begin() as conn:
        await conn.execute(escalation.update().where(escalation.c.id == forged["id"]).values(state="closed"))
    done = (await send(office, ended, source="marina", X_Zendesk_Webhook_Invocation_Id="9")).json()
    assert done == {"done": "ignored", "reason": "the ticket has no open escalation"}


async def test_a_new_source_cannot_take_the_account_that_another_has(office: Office) -> None:
    await with_source(office, "marina")
    harbor = (await send(office, trigger("777", "harbor", "mira@olsen.example"))).json()
    claimed = (await send(office, trigger("777", "harbor", "eve@evil.example"), source="marina")).json()
    assert claimed["done"] == "opened"
    assert claimed["customer_link"] != harbor["customer_link"]
    own = (await send(office, trigger("1", "marina", "pavel@novy.example"), source="marina")).json()
    assert own["done"] == "opened"
    page = await (await office.browser("Ada Admin")).get("/admin/webhooks")
    assert page.count('data-label="Account">harbor.zendesk.com<') == 1


async def test_a_source_without_an_account_touches_nobody_elses_tickets(office: Office) -> None:
    await with_source(office)
    async with office.program() as program:
        body = ticket("777", ticket__url="https://marina.zendesk.com/agent/tickets/777")
        marina = (await program.post("/api/v1/escalations", json=body)).json()
    passed_on = (await send(office, event("777", requester=REQUESTER))).json()
    assert (passed_on["done"], passed_on["id"] == marina["id"]) == ("opened", False)
    learned = (await send(office, trigger("777", "harbor", "mira@olsen.example"))).json()
    assert (learned["done"], learned["id"]) == ("stood already", passed_on["id"]), "its own, now that it is known"


async def test_a_ticket_from_the_previous_release_is_found_by_its_address(office: Office) -> None:
    await with_source(office)
    first = (await send(office, trigger("777", "harbor", "mira@olsen.example"))).json()
    async with office.engine.begin() as conn:
        await conn.execute(escalation.update().values(ticket_account=""))
    again = (
        await send(office, trigger("777", "harbor", "mira@olsen.example"), X_Zendesk_Webhook_Invocation_Id="2")
    ).json()
    assert (again["done"], again["id"]) == ("stood already", first["id"])


async def test_an_account_has_one_source(office: Office) -> None:
    admin = await office.browser("Ada Admin")
    fields = {"name": "harbor", "secret": "x" * 20, "account": "harbor.zendesk.com"}
    assert (await admin.post("/admin/webhooks", "/admin/webhooks", **fields)).status_code == 303
    assert "harbor.zendesk.com" in await admin.get("/admin/webhooks")
    for account, status in (("https://Harbor.zendesk.com/agent", 409), ("harbor", 422)):
        answer = await admin.post("/admin/webhooks", "/admin/webhooks", **fields | {"name": "b", "account": account})
        assert answer.status_code == status
        assert f'value="{account}"' in answer.text


async def test_a_source_is_added_once_with_a_name_and_a_secret_that_fit(office: Office) -> None:
    admin = await office.browser("Ada Admin")
    first = {"name": "sailing", "secret": "the first secret of sailing"}
    assert (await admin.post("/admin/webhooks", "/admin/webhooks", **first)).headers["location"].endswith("/sailing")
    again = await admin.post("/admin/webhooks", "/admin/webhooks", **first | {"secret": "a newer secret of sailing"})
    assert (again.status_code, "already a source named sailing" in again.text) == (409, True)
    assert "http://127.0.0.1:8700/hooks/zendesk/sailing" in await admin.get("/admin/webhooks/sailing")
    for fields in ({"name": "Sailing Boats", "secret": "x" * 20}, {"name": "boats", "secret": "short"}):
        answer = await admin.post("/admin/webhooks", "/admin/webhooks", **fields)
        assert answer.status_code == 422
        assert f'value="{fields["name"]}"' in answer.text


async def test_an_event_with_its_requester_opens_one(office: Office) -> None:
    await with_source(office)
    answer = await send(office, event(requester=REQUESTER))
    assert answer.json()["done"] == "opened", answer.text
    async with office.engine.connect() as conn:
        row = (await conn.execute(select(escalation))).one()
    assert (row.ticket_system, row.ticket_id, row.opened_by) == ("zendesk", "4711", "webhook:harbor")
    assert row.facts == {"priority": "urgent", "tags": ["safety"]}


async def test_declared_facts_come_as_text_from_placeholders(office: Office) -> None:
    await with_source(office)
    async with office.engine.begin() as conn:
        for fact in (OWN, BOATS, INSURED):
            await keep_fact(conn, fact, "Ada Admin", datetime.now(UTC), new=True)
    facts = {"contract plan": "gold", "boats owned": "7", "insured": "true", "tags": "vip refund", "replies": ""}
    trigger = {key: value for key, value in ticket(ticket__facts=facts).items() if key != "mode"}
    assert (await send(office, trigger)).json()["done"] == "opened"
    passed_on = event("4712", "event-2", requester=REQUESTER, facts={"insured": "no"})
    assert (await send(office, passed_on)).json()["done"] == "opened"
    wrong = {
        key: value for key, value in ticket("4713", ticket__facts={"boats owned": "many"}).items() if key != "mode"
    }
    refused = await send(office, wrong)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/ticket/facts/boats owned")
    async with office.engine.connect() as conn:
        stored_facts = (await conn.execute(select(escalation.c.facts).order_by(escalation.c.ticket_id))).scalars().all()
    assert stored_facts == [
        {"contract plan": "gold", "boats owned": 7, "insured": True, "tags": ["refund", "vip"]},
        {"insured": False, "priority": "urgent", "tags": ["safety"]},
    ]


async def test_an_event_without_a_requester_says_what_is_missing(office: Office) -> None:
    await with_source(office)
    answer = await send(office, event())
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/detail/requester"


async def test_irrelevant_webhooks_are_acknowledged(office: Office) -> None:
    await with_source(office)
    untagged = await send(office, event(tags=["billing"]))
    other = await send(office, {"type": "zen:event-type:user.created", "id": "event-2", "detail": {"id": "1"}})
    solved = await send(office, event(identity="event-3", status="SOLVED"))
    assert [answer.status_code for answer in (untagged, other, solved)] == [200, 200, 200]
    assert {answer.json()["done"] for answer in (untagged, other, solved)} == {"ignored"}
    assert await count(office) == 0


async def test_unsigned_altered_stale_and_foreign_webhooks_are_refused(office: Office) -> None:
    await with_source(office)
    payload = event(requester=REQUESTER)
    now = datetime.now(UTC)
    refused = [
        await send(office, payload, secret="another"),
        await send(office, payload, at=now - timedelta(minutes=6)),
        await send(office, payload, at=now + timedelta(minutes=6)),
        await send(office, payload, X_Zendesk_Webhook_Signature_Timestamp=now.isoformat()),
        await send(office, payload, X_Zendesk_Webhook_Signature=""),
        await send(office, payload, X_Zendesk_Webhook_Signature="é"),
    ]
    async with office.program("") as nobody:
        refused.append(await nobody.post(HOOKS + "harbor", json=payload))
        refused.append(await nobody.post("/hooks/zendesk/elsewhere", json=payload))
    assert [answer.status_code for answer in refused] == [401] * len(refused)
    assert {answer.headers["content-type"] for answer in refused} == {"application/problem+json"}
    assert await count(office) == 0


async def test_a_signed_body_that_is_not_json_is_a_problem(office: Office) -> None:
    await with_source(office)
    for body, status in ((b"{", 400), (b"[" * 10_000, 400), (b"[1]", 422), (b'"x"', 422), (b"x" * 300_000, 413)):
        answer = await send(office, body)
        assert answer.status_code == status, answer.text


async def test_an_id_used_for_another_event_is_refused(office: Office) -> None:
    await with_source(office)
    await send(office, event(tags=[]))
    answer = await send(office, event(requester=REQUESTER))
    assert answer.status_code == 422
    assert await count(office) == 0


async def test_a_copy_under_another_unsigned_id_changes_nothing(office: Office) -> None:
    """The invocation's id is a header that the signature doesn't cover."""
    await with_source(office)
    at = datetime.now(UTC)
    first = await send(office, ticket(), at=at, X_Zendesk_Webhook_Invocation_Id="one")
    assert first.json()["done"] == "opened"
    await send(office, {"ticket": {"id": "4711", "status": "solved"}})
    copy = await send(office, ticket(), at=at, X_Zendesk_Webhook_Invocation_Id="another")
    assert copy.json() == first.json()
    assert await count(office) == 1
