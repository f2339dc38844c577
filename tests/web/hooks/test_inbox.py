"""The inbox of webhooks: every delivery with its answer, those refused with the reason, replayed by a click."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, text

from database.stores.access.webhook_deliveries import BODY_BYTES, UNSIGNED_A_MINUTE, WebhookDelivery
from database.stores.staff.fact_types import keep_fact
from database.tables.account import audit_entry
from database.tables.webhook import webhook_delivery
from rules_dsl.directory import FactType
from tests.web.hooks.test_hooks import SECRET, count, event, send, trigger, with_source
from tests.web.office import Office, office
from web.api.problems import FieldError, FieldsRefused
from web.hooks.refusal_words import refusal_words
from web.security.rate_limit import FAILURES_A_MINUTE

__all__ = ["office"]

INBOX = "/admin/deliveries"


async def rows(office: Office) -> list[Any]:
    async with office.engine.connect() as conn:
        return list(await conn.execute(select(webhook_delivery).order_by(webhook_delivery.c.id)))


def without_email(number: str) -> dict[str, Any]:
    body = trigger(number, "harbor", "mira@olsen.example")
    del body["customer"]["email"]
    return body


async def test_each_delivery_is_listed_with_its_answer(office: Office) -> None:
    await with_source(office)
    opened = (await send(office, trigger("4711", "harbor", "mira@olsen.example"))).json()
    await asyncio.gather(*(send(office, event("4712", "event-1", tags=[])) for _ in range(3)))
    await send(office, without_email("4713"))
    await send(office, b'{"ticket')
    await send(office, event("4714", "event-1", tags=[]))
    await send(office, trigger("4715", "harbor", "eve@evil.example"), secret="a wrong secret")
    await send(office, trigger("4716", "harbor", "eve@evil.example"), source="harbour")
    await send(office, b"x" * 300_000)
    admin = await office.browser("Ada Admin")
    everything, refused = await admin.get(INBOX), await admin.get(f"{INBOX}?refused=1")
    assert f'href="/ops/{opened["id"]}"' in everything
    for ok in ("Trigger · ticket 4711", "Opened an escalation", "Event ticket.tags_changed · ticket 4712"):
        assert ok in everything
        assert ok not in refused
    assert "The ticket is not tagged escalate_call." in everything
    assert "arrived 2 more times, with the same answer" in everything
    for reason in (
        "customer.email: this field is missing.",
        "The body is not JSON: ",
        "id: another event had this id.",
        "The signature does not fit the body and this source&#39;s secret.",
        "No source has the name “harbour”.",
        "A body may have at most 262,144 bytes.",
    ):
        assert reason in everything
        assert reason in refused
    assert "harbour" not in await admin.get(f"{INBOX}?source=harbor")
    assert opened["customer_link"] not in everything
    kept = await rows(office)
    assert [one.status for one in kept] == [200, 200, 422, 400, 422, 401, 401, 413]
    assert [one.body is not None for one in kept] == [True] * 5 + [False] * 3
    page = await admin.get(f"{INBOX}/{kept[0].id}")
    assert "mira@olsen.example" in page
    assert opened["customer_link"] not in page
    unsigned = await admin.get(f"{INBOX}/{kept[5].id}")
    assert "eve@evil.example" not in unsigned
    assert "Replay this delivery" not in unsigned
    await admin.get(f"{INBOX}/{2**40}", 404)


async def test_the_inbox_is_read_page_by_page(office: Office) -> None:
    async with office.engine.begin() as conn:
        await conn.execute(
            text(
                "INSERT INTO webhook_delivery (source, at, origin, signed, status, refused, ticket)"
                " SELECT 'harbor', now(), 'sent', true, 422, true, n FROM generate_series(1, 101) n"
            )
        )
    admin, address, found = await office.browser("Ada Admin"), f"{INBOX}?refused=1", []
    while address:
        page = await admin.get(address)
        found += re.findall(r"ticket (\d+)</bdi>", page)
        older = re.search(r'href="([^"]+)">Older deliveries', page)
        address = older[1].replace("&amp;", "&") if older else ""
    assert found == [str(number) for number in range(101, 0, -1)]


async def test_a_flood_without_a_signature_is_counted_not_listed(office: Office) -> None:
    await with_source(office, "marina")
    for number in range(FAILURES_A_MINUTE):
        await send(office, event(), secret="a wrong secret", source="harbor" if number % 2 else f"none-{number}")
    limited = await send(office, event(), secret="a wrong secret", source="marina")
    await office.app.state.unsigned_deliveries.write_counts()
    listed = await rows(office)
    for source in ("harbor", ""):
        of_source = [one for one in listed if one.source == source]
        assert len(of_source) == UNSIGNED_A_MINUTE
        assert of_source[-1].unlisted == FAILURES_A_MINUTE // 2 - UNSIGNED_A_MINUTE
    assert (limited.status_code, listed[-1].status, listed[-1].source) == (429, 429, "marina")
    page = await (await office.browser("Ada Admin")).get(INBOX)
    assert "and 10 more without a valid signature, not listed" in page
    assert "It was one of too many within a minute." in page


async def test_a_delivery_that_was_refused_is_replayed_once_by_a_double_click(office: Office) -> None:
    await with_source(office)
    body = trigger("4711", "harbor", "mira@olsen.example")
    body["ticket"]["facts"] = {"boats owned": "7"}
    assert (await send(office, body)).status_code == 422
    async with office.engine.begin() as conn:
        await keep_fact(conn, FactType("boats owned", "count"), "Ada Admin", datetime.now(UTC), new=True)
    (first,) = await rows(office)
    admin, page = await office.browser("Ada Admin"), f"{INBOX}/{first.id}"
    clicks = await asyncio.gather(*(admin.post(f"{page}/replay", page, nth=1) for _ in range(2)))
    assert len({click.headers["location"] for click in clicks}) == 1
    shown = await admin.get(clicks[0].headers["location"])
    assert "Opened an escalation" in shown
    assert "Ada Admin" in shown
    assert 'name="nth" value="2"' in await admin.get(page)
    await admin.post(f"{page}/replay", page, nth=2)
    assert [(one.origin, one.done, one.body) for one in (await rows(office))[1:]] == [
        ("replayed", "opened", None),
        ("replayed", "stood already", None),
    ]
    assert await count(office) == 1
    async with office.engine.connect() as conn:
        noted = (await conn.execute(select(audit_entry.c.subject, audit_entry.c.body))).all()
    replays = [body for subject, body in noted if subject == "harbor" and "delivery" in body]
    assert [one["done"] for one in replays] == ["opened", "stood already"]


async def test_a_long_body_is_handled_but_neither_kept_nor_replayed(office: Office) -> None:
    await with_source(office)
    body = trigger("4711", "harbor", "mira@olsen.example") | {"brand": "x" * BODY_BYTES}
    assert (await send(office, body)).json()["done"] == "opened"
    (kept,) = await rows(office)
    assert kept.body is None
    admin, page = await office.browser("Ada Admin"), f"{INBOX}/{kept.id}"
    assert "of which at most 64 are kept" in await admin.get(page)
    await admin.post(f"{page}/replay", page, nth=1)
    assert len(await rows(office)) == 1


def test_a_refusal_names_the_fields_as_the_administrator_wrote_them() -> None:
    errors = tuple(FieldError(f"/ticket/facts/a~1b {nth}", "is wrong") for nth in range(5))
    assert refusal_words(FieldsRefused(errors[:1])) == "ticket.facts.a/b 0: is wrong"
    assert refusal_words(FieldsRefused(errors)).endswith("a/b 2: is wrong; and 2 more")
    assert refusal_words(FieldsRefused((FieldError("", "must be an object"),))) == "The body: must be an object"
    assert SECRET not in refusal_words(RuntimeError(SECRET))


def test_a_refusal_by_the_rules_counts_as_refused() -> None:
    answered = WebhookDelivery("harbor", datetime.now(UTC), 200, done="ignored")
    assert not answered.refused
    assert replace(answered, done="refused").refused
    assert replace(answered, done="", status=422).refused
