"""After a low score: the customer asks to be called back, and somebody of the owning title does it, in time or late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from database.stores import follow_up
from database.stores.queries.escalation_detail import read_whole
from database.stores.queries.export import export_lines
from domain.follow_up import due_at
from tests.web.customer.test_rating_here import after_call
from tests.web.customers import Caller, read_page, visitor
from tests.web.forms import form_to, forms_of
from tests.web.office import Office, office
from web.ops.story import story_of

__all__ = ["office"]


async def rated(office: Office, score: int) -> tuple[Caller, str]:
    mira, call_id = await after_call(office)
    form = form_to(await read_page(office, mira.address), "/rate")
    async with visitor(office.app) as client:
        sent = form.fields | form.buttons[-1] | {"score": str(score), "comment": "It broke again"}
        await client.post(form.action, data=sent)
    return mira, call_id


async def test_a_low_score_is_answered_with_regret_and_one_question(office: Office) -> None:
    mira, _ = await rated(office, 2)
    page = await read_page(office, mira.address)
    assert '<h1 data-call="ended">We are sorry</h1>' in page
    form = form_to(page, "/call-back")
    async with visitor(office.app) as client:
        for sent in (form.fields, form.fields | form.buttons[0]):
            await client.post(form.action, data=sent)
        assert "Shall we call you back?" in await read_page(office, mira.address), "a scanner asks for nothing"
        for _ in range(2):
            answer = await client.post(form.action, data=form.fields | form.buttons[-1])
            assert (answer.status_code, answer.headers["Location"]) == (303, mira.address)
    page = await read_page(office, mira.address)
    assert "You asked us to call you back" in page
    assert forms_of(page) == []
    async with office.engine.connect() as conn:
        row = (await conn.execute(text("SELECT * FROM follow_up"))).one()
        assert row.due_at == due_at((await mira.link()).plan, "Europe/Copenhagen", row.asked_at)
    async with office.engine.connect() as conn:
        exported = [line async for line in export_lines(conn)]
    assert sum('"type": "follow_up"' in line for line in exported) == 1


async def test_a_good_score_offers_no_call_back(office: Office) -> None:
    mira, _ = await rated(office, 3)
    page = await read_page(office, mira.address)
    assert "call you back" not in page
    form = {"form_token": "x", "call": "yes"}
    async with visitor(office.app) as client:
        assert (await client.post(f"{mira.address}/call-back", data=form)).status_code in (403, 409)
    async with office.engine.connect() as conn:
        assert await conn.scalar(text("SELECT count(*) FROM follow_up")) == 0


async def test_a_follow_up_stays_on_the_desks_of_its_title_until_one_marks_it_as_done(office: Office) -> None:
    mira, call_id = await rated(office, 1)
    async with office.engine.begin() as conn:
        await follow_up.ask_for_call_back(conn, mira.escalation_id, call_id, datetime.now(UTC))
    await mira.run("UPDATE follow_up SET title = (SELECT id FROM title WHERE name = 'Advisor'), team = NULL")
    owner, other, marta = [await office.browser(name) for name in ("Freja Holm", "Anna Schmidt", "Marta Manager")]
    assert "Customers to call back" not in await other.get("/desk")
    assert "It broke again" in await marta.get("/desk"), "managers see all"
    address = form_to(await owner.get("/desk"), f"{call_id}/done").action
    assert (await other.post(address, "/desk", note="mine")).status_code == 403
    assert (await owner.post(address, "/desk", note=" ")).status_code == 422
    for _ in range(2):
        assert (await owner.post(address, "/desk", note="Spare part is on its way")).status_code == 303
    assert (await marta.post(address, "/desk", note="me too")).status_code == 409
    assert "Customers to call back" not in await owner.get("/desk")
    assert "That was done on" in await read_page(office, mira.address)
    async with office.engine.connect() as conn:
        whole = await read_whole(conn, mira.escalation_id)
    assert whole is not None
    told = {one.text: one.said for one in story_of(whole)}
    assert told["Freja Holm marked the call back as done."] == "Spare part is on its way"
    assert any(one.startswith("Mira Olsen asked to be called back, by ") for one in told)


async def test_an_overdue_follow_up_alerts_once(office: Office) -> None:
    mira, call_id = await rated(office, 1)
    now = datetime.now(UTC)
    async with office.engine.begin() as conn:
        await follow_up.ask_for_call_back(conn, mira.escalation_id, call_id, now)
    alerted = []
    for days in (0, 6, 7):
        async with office.engine.begin() as conn:
            alerted.append(await follow_up.alert_overdue(conn, now + timedelta(days=days)))
    assert alerted == [0, 1, 0]
    await mira.run("UPDATE follow_up SET due_at = now() - interval '1 minute'")
    assert "and are late" in await read_page(office, mira.address)
    assert "overdue since" in await (await office.browser("Marta Manager")).get("/desk")
    async with office.engine.connect() as conn:
        posts = "SELECT count(*) FROM message WHERE kind = 'follow_up_overdue' AND channel = 'webhook'"
        assert await conn.scalar(text(posts)) == 1
