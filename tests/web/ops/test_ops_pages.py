"""Support ops: the list, an escalation's story, and actions on it."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text, update

from activities.comparing import Problem
from database.stores.journal.timeline import record
from database.stores.queries.escalation_list import counts_by_state
from database.stores.rounds.repair import note_rebuilt
from database.tables.escalation import escalation, message
from domain.escalation import Kind, State
from tests.web.office import Office, office, ticket
from web.ops.story_words import SENTENCES

__all__ = ["office"]


async def opened(office: Office, number: str = "4711", **changes: object) -> str:
    async with office.program() as program:
        answer = await program.post("/api/v1/escalations", json=ticket(number, **changes))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_the_list_begins_with_the_longest_without_an_event(office: Office) -> None:
    old, new = await opened(office, "1"), await opened(office, "2")
    async with office.engine.begin() as conn:
        await conn.execute(
            update(escalation).where(escalation.c.id == new).values(updated_at=datetime.now(UTC) - timedelta(hours=2))
        )
    ops = await office.browser("Otto Ops")
    page = await ops.get("/ops")
    assert page.index(new) < page.index(old)
    narrowed = await ops.get("/ops?age=3600")
    assert new in narrowed
    assert old not in narrowed


async def test_the_list_is_filtered_by_words_and_state(office: Office) -> None:
    first = await opened(office, "1", ticket__subject="100% _torn_ sail")
    second = await opened(office, "2")
    ops = await office.browser("Otto Ops")
    for words, found in (("100%", True), ("_torn_", True), ("mira@", True), ("%", True), ("x_y", False)):
        assert (
            first in await ops.get("/ops", 200) and first in await ops.get(f"/ops?q={words.replace('%', '%25')}")
        ) is found
    assert second not in await ops.get("/ops?q=torn")
    assert first not in await ops.get("/ops?state=booked")
    assert first in await ops.get("/ops?state=no-such-state&age=what")
    assert "Show all escalations" in await ops.get("/ops?q=nothing-like-it")
    assert "Show all escalations" in await ops.get("/ops?q=%23torn+sail"), "no ticket's number, but no error either"
    await ops.get("/ops?after=what", 422)


async def test_the_list_counts_no_further_than_it_needs_to(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        await opened(office, str(number))
    monkeypatch.setattr("database.stores.queries.escalation_list.COUNTED", 2)
    monkeypatch.setattr("web.ops.finding.COUNTED", 2)
    async with office.engine.connect() as conn:
        assert await counts_by_state(conn) == {"invited": 3}
    page = await (await office.browser("Otto Ops")).get("/ops")
    assert page.count('<span class="count">2+</span>') == 3, "open, all, and the one state"


async def test_the_list_finds_the_escalations_of_a_customer(office: Office) -> None:
    mine = await opened(office, "1", customer__name="Zoë Quist", customer__email="z.quist@example.com")
    other = await opened(office, "2")
    ops = await office.browser("Otto Ops")
    for words in ("zoë", "Quist@example", "z.qu"):
        page = await ops.get(f"/ops?q={words}")
        assert mine in page, words
        assert other not in page, words


async def test_the_list_of_failed_messages_shows_only_those(office: Office) -> None:
    failed, fine = await opened(office, "1"), await opened(office, "2")
    async with office.engine.begin() as conn:
        await conn.execute(update(message).where(message.c.escalation == failed).values(state="failed"))
    page = await (await office.browser("Otto Ops")).get("/ops?failed=1")
    assert failed in page
    assert fine not in page
    assert "1 message failed" in page


async def test_the_list_has_pages(office: Office) -> None:
    ids = [await opened(office, str(number)) for number in range(52)]
    ops = await office.browser("Otto Ops")
    first = await ops.get("/ops")
    address = first.partition("Next page")[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
    second = await ops.get(address)
    assert [one in first for one in ids] == [True] * 50 + [False] * 2
    assert [one in second for one in ids] == [False] * 50 + [True] * 2


async def test_an_escalations_page_shows_its_story(office: Office) -> None:
    one = await opened(office, ticket__subject="<script>alert(1)</script>")
    async with office.engine.begin() as conn:
        at = datetime.now(UTC) + timedelta(hours=3)
        await record(
            conn, one, Kind.BOOKED, at, body={"starts_at": at.isoformat()}, actor="customer", state=State.BOOKED
        )
        anna = office.people["Anna Schmidt"]
        await record(conn, one, Kind.OFFERED, at, body={"person": anna})
        await record(
            conn, one, Kind.DECLINED, at, body={"person": anna, "reason": "<b>busy</b>"}, actor=f"person:{anna}"
        )
    page = await (await office.browser("Otto Ops")).get(f"/ops/{one}")
    assert "<script>alert" not in page
    assert "The API (test) escalated the ticket" in page
    assert "Mira Olsen booked" in page
    assert "The call was offered to Anna Schmidt." in page
    assert "Anna Schmidt declined the call." in page
    assert "&lt;b&gt;busy&lt;/b&gt;" in page
    assert "Why this rule" in page
    assert re.search(r"\d\d:\d\d:\d\d</time>", page), "events of one minute have their order"


def test_every_kind_of_event_has_its_sentence() -> None:
    assert set(SENTENCES) == set(Kind)


async def test_every_state_has_its_headline(office: Office) -> None:
    one = await opened(office)
    ops = await office.browser("Otto Ops")
    for state in State:
        async with office.engine.begin() as conn:
            await conn.execute(update(escalation).where(escalation.c.id == one).values(state=state.value))
        page = await ops.get(f"/ops/{one}")
        assert 'id="now"' in page


async def test_a_failed_message_is_sent_again_by_a_click(office: Office) -> None:
    one = await opened(office)
    async with office.engine.begin() as conn:
        failed = {"state": "failed", "attempts": 9, "last_error": "no such mailbox"}
        sent = (await conn.execute(update(message).values(failed).returning(message.c.id))).scalar_one()
    ops = await office.browser("Otto Ops")
    assert "no such mailbox" in await ops.get(f"/ops/{one}")
    assert one in await ops.get("/ops?failed=1")
    for said in ("sent", "not-failed"):
        answer = await ops.post(f"/ops/{one}/messages/{sent}/send-again", f"/ops/{one}")
        assert answer.headers["location"] == f"/ops/{one}?said={said}"
    async with office.engine.connect() as conn:
        assert (await conn.execute(select(message.c.state))).scalar_one() == "queued"


async def test_a_withdrawal_needs_a_reason(office: Office) -> None:
    one = await opened(office)
    ops = await office.browser("Otto Ops")
    answer = await ops.post(f"/ops/{one}/withdraw", f"/ops/{one}", reason="  ")
    assert answer.status_code == 422
    assert "say why" in answer.text


async def test_the_page_works_while_temporal_is_down(office: Office) -> None:
    one = await opened(office)
    ops = await office.browser("Otto Ops")
    assert "Temporal does not answer right now" in await ops.get(f"/ops/{one}/workflow")
    nudged = await ops.post(f"/ops/{one}/nudge", f"/ops/{one}")
    assert "Otto Ops nudged it: the customer gets the link again." in await ops.get(nudged.headers["location"])
    answer = await ops.post(f"/ops/{one}/withdraw", f"/ops/{one}", reason="sold the boat")
    assert answer.status_code == 303
    assert "sold the boat" in await ops.get(f"/ops/{one}")


async def test_a_locked_row_keeps_the_reason_that_was_typed(office: Office) -> None:
    one = await opened(office)
    ops = await office.browser("Otto Ops")
    async with office.engine.begin() as conn:
        await conn.execute(text("SELECT id FROM escalation FOR UPDATE"))
        answer = await ops.post(f"/ops/{one}/withdraw", f"/ops/{one}", reason="sold the boat")
    assert answer.status_code == 503
    assert 'value="sold the boat"' in answer.text


async def test_managers_read_and_cannot_act(office: Office) -> None:
    one = await opened(office)
    manager = await office.browser("Marta Manager")
    page = await manager.get(f"/ops/{one}")
    assert ">Actions<" not in page
    token = page.partition('name="form_token" value="')[2].partition('"')[0]
    answer = await manager.client.post(f"/ops/{one}/withdraw", data={"form_token": token, "reason": "no"})
    assert answer.status_code == 403
    await manager.get(f"/ops/{uuid.uuid4()}", 404)
    await manager.get("/ops/what", 404)


async def test_the_story_says_why_a_workflow_was_rebuilt(office: Office) -> None:
    escalation_id = await opened(office)
    async with office.engine.begin() as conn:
        await note_rebuilt(conn, escalation_id, Problem.BEHIND.value, datetime.now(UTC))
    page = await (await office.browser("Otto Ops")).get(f"/ops/{escalation_id}")
    assert "Muster repaired this escalation: its workflow had not heard of everything." in page
