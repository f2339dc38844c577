"""One input stops nobody else: the worst that each kind of route takes doesn't hold the event loop."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from database.clock import current_time
from database.stores.access.webhooks import add_source
from database.tables.schedule import calendar_feed
from tests.rules_dsl.desks import HEAD
from tests.web.office import RULES, Office, office, ticket
from tests.web.strangers.holding import LOOP_HELD_AT_MOST
from tests.web.strangers.requests import FORM, JSON, Held, ask, encoded, signed_form
from web.hooks.signature import zendesk_signature

__all__ = ["office"]


def with_unknown_names(number: int) -> str:
    rules = "".join(f'rule "{nth}"\n  when anything\n  send to team "Nobody {nth}"\n' for nth in range(number))
    return f'{HEAD}{rules}otherwise\n  send to team "Support"\n'


def with_more_rules(number: int) -> str:
    head, otherwise, tail = RULES.rpartition("otherwise")
    more = "".join(
        f'rule "more {nth}"\n  when replies is at least {nth}\n  send to team "Support"\n\n' for nth in range(number)
    )
    return head + more + otherwise + tail


TEXTS = {
    "unknown names": with_unknown_names(4_200),
    "many rules": with_more_rules(1_500),
    "empty lines": RULES + "\n" * 250_000,
    "too long": "\n" * 310_000,
    "quotes": '"' * 299_000,
    "markup": '<&"\n' * 70_000,
    "brackets": "(" * 299_000,
    "a deep condition": f'{HEAD}rule "deep"\n  when {"not " * 60_000}anything\n  send to team "Support"\n',
}
ROUTES = ("check", "try", "format", "complete", "past", "weigh", "publish")


def judge(held: Held, what: str) -> None:
    assert held.status < 500 or held.status == 503, "at worst it is given up, on a busy machine"
    assert held.seconds < LOOP_HELD_AT_MOST, f"{what} held the loop for {held.seconds * 1000:.0f} ms"


@pytest.mark.soak
@pytest.mark.parametrize("name", TEXTS)
async def test_the_worst_rules_texts_delay_nobody(office: Office, name: str) -> None:
    headers, fields = await signed_form(office, await office.browser("Marta Manager"), "/rules/edit")
    body = encoded(fields | {"text": TEXTS[name], "offset": "100000", "reason": "a reason", "based_on": "1"})
    for route in ROUTES:
        judge(await ask(office.app, "POST", f"/rules/{route}", headers, body), f"{route} {name}")
    for part in ("check", "try"):
        judge(await ask(office.app, "POST", f"/rules/{part}", headers | {"hx-request": "true"}, body), f"{part} {name}")


@pytest.mark.soak
async def test_the_longest_published_rules_delay_nobody(office: Office) -> None:
    manager = await office.browser("Marta Manager")
    headers, fields = await signed_form(office, manager, "/rules/edit")
    for version, reason in ((1, "more rules"), (2, "fewer rules")):
        text = with_more_rules(800 // version)
        body = encoded(fields | {"text": text, "reason": reason, "based_on": str(version)})
        published = await ask(office.app, "POST", "/rules/publish", headers, body)
        assert published.status == 303, published.body
        judge(published, "publish")
    for address in ("/rules", "/rules/edit", "/rules/versions", "/rules/versions/2", "/rules/compare?before=1&after=2"):
        judge(await ask(office.app, "GET", address, headers | {"accept-encoding": "gzip"}), address)
    program = {"authorization": f"Bearer {office.api_token}"} | JSON
    body = json.dumps(ticket()).encode()
    opened = await ask(office.app, "POST", "/api/v1/escalations", program, body)
    assert opened.status == 201
    judge(opened, "open under many rules")


FORMS = {
    "one field of percent signs": encoded({"email": "<" * 320_000}),
    "escaped letters": b"email=" + b"%41" * 330_000,
    "letters of two bytes": b"email=" + b"%c3%a9" * 165_000,
    "fields without number": b"a=&" * 330_000,
    "separators alone": b"&" * 990_000,
}


@pytest.mark.parametrize("name", FORMS)
async def test_the_worst_forms_of_somebody_unknown_delay_nobody(office: Office, name: str) -> None:
    held = await ask(office.app, "POST", "/sign-in", FORM, FORMS[name])
    assert held.status in (400, 403)
    judge(held, name)


FILE_PART = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.ics"\r\n\r\n'
PART = b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n"
PARTS = {
    "boundaries": b"--x\r\n" * 190_000,
    "beginnings of boundaries": PART + b"\r\n--" * 240_000,
    "line ends": PART + b"\r\n" * 490_000,
    "headers": b"--x\r\n" + b"a: b\r\n" * 160_000,
    "parameters": b"--x\r\nContent-Disposition: form-data" + b"; a=b" * 180_000 + b"\r\n\r\n\r\n--x--",
}


@pytest.mark.parametrize("name", PARTS)
async def test_the_worst_forms_in_parts_delay_nobody(office: Office, name: str) -> None:
    held = await ask(office.app, "POST", "/sign-in", {"content-type": "multipart/form-data; boundary=x"}, PARTS[name])
    assert held.status in (400, 403)
    judge(held, name)


async def test_a_calendar_file_of_ten_megabytes_is_taken_and_delays_nobody(office: Office) -> None:
    headers, fields = await signed_form(office, await office.browser("Anna Schmidt"), "/shifts/me")
    entry = b"BEGIN:VEVENT\r\nUID:1\r\nDTSTART:20240101T100000Z\r\nDTEND:20240101T110000Z\r\nEND:VEVENT\r\n"
    file = b"BEGIN:VCALENDAR\r\n" + entry * (9_990_000 // len(entry)) + b"END:VCALENDAR\r\n"
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in (fields | {"what": "calendar", "name": "Work"}).items()
    ]
    body = "".join(parts).encode() + FILE_PART + file + b"\r\n--x--\r\n"
    headers |= {"content-type": "multipart/form-data; boundary=x", "content-length": str(len(body))}
    held = await ask(office.app, "POST", "/shifts/me/calendars", headers, body)
    assert held.status == 303, held.body
    judge(held, "a calendar file")
    async with office.engine.connect() as conn:
        assert (await conn.execute(select(calendar_feed.c.content))).scalar_one() == file


async def test_an_upload_of_somebody_unknown_is_not_read(office: Office) -> None:
    headers = {"content-type": "multipart/form-data; boundary=x"}
    held = await ask(office.app, "POST", "/shifts/me/calendars", headers, PARTS["line ends"] * 10)
    assert held.status == 401
    judge(held, "an upload")


def changed(part: str, name: str, value: Any) -> bytes:
    body = ticket()
    body[part][name] = value
    return json.dumps(body, separators=(",", ":")).encode()


BODIES = {
    "escaped quotes outside of any string": b'\\"' * 120_000,
    "a string without an end": b'["' + b'\\"' * 120_000,
    "empty lists": b"[" + b"[]," * 80_000 + b"[]]",
    "empty objects": b"[" + b"{}," * 80_000 + b"{}]",
    "unknown fields": json.dumps({f"k{nth}": 1 for nth in range(20_000)}).encode(),
    "many facts": changed("ticket", "facts", {f"k{nth}": nth for nth in range(15_000)}),
    "many tags": changed("ticket", "facts", {"tags": [f"a{nth}" for nth in range(18_000)]}),
    "lists as tags": changed("customer", "facts", {"tags": [[] for _ in range(70_000)]}),
    "a long address": changed("ticket", "url", "https://" + "a.é" * 25_000),
    "a long subject": changed("ticket", "subject", "\u202e" * 40_000),
    "a long mail address": changed("customer", "email", "a@" + "b." * 100_000),
    "a long zone": changed("customer", "time_zone", "a/" * 100_000),
    "a name twice": b"{" + b'"a":1,' * 40_000 + b'"b":1}',
}


@pytest.mark.parametrize("name", BODIES)
async def test_the_worst_bodies_of_programs_and_webhooks_delay_nobody(office: Office, name: str) -> None:
    program = {"authorization": f"Bearer {office.api_token}"} | JSON
    held = await ask(office.app, "POST", "/api/v1/escalations", program, BODIES[name])
    assert held.status in (400, 422)
    judge(held, name)
    judge(await signed_webhook(office, BODIES[name]), f"webhook: {name}")


async def signed_webhook(office: Office, body: bytes) -> Held:
    now = current_time().isoformat()
    async with office.engine.begin() as conn:
        await add_source(conn, "harbor", "zendesk", "a secret of the source")
    headers = {
        "x-zendesk-webhook-signature": zendesk_signature("a secret of the source", now, body),
        "x-zendesk-webhook-signature-timestamp": now,
    }
    return await ask(office.app, "POST", "/hooks/zendesk/harbor", headers | JSON, body)


async def test_how_long_the_loop_was_held_is_a_metric(office: Office) -> None:
    transport = httpx.ASGITransport(office.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8700") as client:
        assert 'muster_loop_held_seconds_bucket{le="0.1"}' in (await client.get("/metrics")).text
