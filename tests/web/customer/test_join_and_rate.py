"""Joining and rating: one click, and nothing by viewing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from database.stores.call import JoinPage
from domain.escalation import Mode
from domain.media.room import AddressRoom
from tests.web.customers import caller, visitor
from tests.web.forms import form_to, forms_of
from tests.web.office import Office, office
from web.wording.join import why_over

__all__ = ["office"]


async def test_joining_waits_until_somebody_has_taken_the_call(office: Office) -> None:
    mira = await caller(office, mode=Mode.NOW)
    link = await mira.link()
    assert link.call is not None
    address = f"/join/{mira.tokens.customer_join(str(link.call.id))}"
    async with visitor(office.app) as client:
        fields = form_to((await client.get(address)).text).fields | {"here": "yes"}
        for _ in range(2):
            early = await client.post(address, data=fields)
            assert (early.status_code, early.headers["Location"]) == (303, mira.address)
        assert "We know you are here" in (await client.get(mira.address)).text
        await mira.run("UPDATE call SET state = 'taken', person = 1")
        joined = await client.post(address, data=fields)
        assert joined.status_code == 303
        assert joined.headers["Location"] == mira.address, "the call takes place on the customer’s own page"
        office.app.state.room = AddressRoom("https://meet.example/{call_id}")
        elsewhere = await client.post(address, data=fields)
        assert elsewhere.headers["Location"] == f"https://meet.example/{link.call.id}"


async def test_a_form_sent_with_its_defaults_joins_nobody(office: Office) -> None:
    mira = await caller(office, mode=Mode.NOW)
    link = await mira.link()
    assert link.call is not None
    address = f"/join/{mira.tokens.customer_join(str(link.call.id))}"
    async with visitor(office.app) as client:
        form = form_to((await client.get(address)).text)
        for sent in (form.fields, form.fields | form.buttons[0]):
            assert (await client.post(address, data=sent)).status_code == 422
    link = await mira.link()
    assert link.call is not None
    assert link.call.customer_joined_at is None
    assert form.buttons[1:] == [{"here": "yes"}]


async def test_viewing_is_not_joining(office: Office) -> None:
    mira = await caller(office, mode=Mode.NOW)
    link = await mira.link()
    assert link.call is not None
    address = f"/join/{mira.tokens.customer_join(str(link.call.id))}"
    async with visitor(office.app) as client:
        for _ in range(3):
            assert (await client.get(address)).status_code == 200
            await client.head(address)
    link = await mira.link()
    assert link.call is not None
    assert link.call.customer_joined_at is None


async def test_a_call_days_ahead_cannot_be_joined(office: Office) -> None:
    mira = await caller(office)
    booked = await mira.book()
    await mira.call_becomes(booked, "starts_at = now() + interval '3 days'")
    address = f"/join/{mira.tokens.customer_join(booked.call_id)}"
    async with visitor(office.app) as client:
        page = (await client.get(address)).text
        assert "Not yet" in page
        assert forms_of(page) == []
    link = await mira.link()
    assert link.call is not None
    assert link.call.customer_joined_at is None


@pytest.mark.parametrize(
    ("state", "outcome", "says"),
    [
        ("done", None, "Your call is over"),
        ("cancelled", "cancelled", "Your call is cancelled"),
        ("cancelled", "withdrawn", "This call was called off"),
        ("missed", None, "This call did not take place"),
        ("unserved", None, "This call did not take place"),
    ],
)
async def test_a_call_that_cannot_be_joined_any_more_says_why(
    office: Office, state: str, outcome: str | None, says: str
) -> None:
    mira = await caller(office)
    booked = await mira.book()
    address = f"/join/{mira.tokens.customer_join(booked.call_id)}"
    await mira.call_becomes(booked, "state = 'taken', person = 1")
    async with visitor(office.app) as client:
        fields = form_to((await client.get(address)).text).fields | {"here": "yes"}
        await mira.call_becomes(booked, f"state = '{state}'")
        if outcome is not None:
            await mira.run(f"UPDATE escalation SET state = 'closed', outcome = '{outcome}'")
        for answer in (await client.get(address), await client.post(address, data=fields)):
            assert answer.status_code == 410
            assert f"<h1>{says}</h1>" in answer.text
            assert forms_of(answer.text) == []


@pytest.mark.parametrize(
    ("side", "state", "title"),
    [
        ("agent", "waiting", "This call is no longer yours"),
        ("agent", "taken", "This call is no longer yours"),
        ("agent", "cancelled", "This call was called off"),
        ("agent", "missed", "This call did not take place"),
        ("agent", "done", "This call is over"),
        ("customer", "done", "This call is over"),
    ],
)
def test_an_agent_reads_why_a_call_is_over_for_them(side: str, state: str, title: str) -> None:
    now = datetime(2026, 11, 30, tzinfo=UTC)
    join = JoinPage("c", side, 1, 1, "e", "Engine", "Support", "Harbor", now, state, None, None, ready=False, over=True)
    assert why_over(join, None, now).title == title


async def test_the_pages_for_joining_and_rating_name_the_team_that_took_the_call(office: Office) -> None:
    mira = await caller(office)
    booked = await mira.book()
    survey = await mira.is_asked(booked)
    await mira.call_becomes(booked, """state = 'taken', attribution = '{"team_name": "Office"}'""")
    async with visitor(office.app) as client:
        for address in (f"/join/{mira.tokens.customer_join(booked.call_id)}", survey):
            assert '<p class="overline">Office · ' in (await client.get(address)).text


async def test_a_rating_says_who_can_read_it_and_promises_no_more(office: Office) -> None:
    mira = await caller(office)
    address = await mira.is_asked(await mira.book())
    async with visitor(office.app) as client:
        form = form_to((await client.get(address)).text)
        await client.post(address, data=form.fields | {"score": "2", "comment": "I waited", "send": "yes"})
        thanks = (await client.get(address)).text
    assert "Whoever you talked to can read this, and so can their managers." in thanks
    assert "act on" not in thanks


async def test_the_survey_has_no_preselected_score_and_scanners_rate_nothing(office: Office) -> None:
    mira = await caller(office)
    address = await mira.is_asked(await mira.book())
    async with visitor(office.app) as client:
        form = form_to((await client.get(address)).text)
        assert form.choices == {"score": ["1", "2", "3", "4", "5"]}
        assert "score" not in form.fields
        answer = await client.post(address, data=form.fields)
        assert answer.status_code == 422
        assert "Choose a score" in answer.text
        for score in ("0", "6", "-1", "4.5", "five", "٣"):
            refused = await client.post(
                address, data=form.fields | {"score": score, "comment": "kept words", "send": "yes"}
            )
            assert refused.status_code == 422
            assert "kept words" in refused.text


async def test_a_comment_has_a_limit(office: Office) -> None:
    mira = await caller(office)
    address = await mira.is_asked(await mira.book())
    async with visitor(office.app) as client:
        form = form_to((await client.get(address)).text)
        answer = await client.post(address, data=form.fields | {"score": "5", "comment": "x" * 4001, "send": "yes"})
        assert answer.status_code == 422
        assert "4001 characters" in answer.text
        assert 'value="5" required aria-label="5, very good" checked' in answer.text


async def test_a_comment_has_lines_but_no_other_control_characters(office: Office) -> None:
    mira = await caller(office)
    address = await mira.is_asked(await mira.book())
    async with visitor(office.app) as client:
        form = form_to((await client.get(address)).text)
        for comment in ("a \u202e b", "a \x1b[2J b"):
            answer = await client.post(address, data=form.fields | {"score": "5", "comment": comment, "send": "yes"})
            assert answer.status_code == 422
            assert "can’t be shown" in answer.text
        answer = await client.post(address, data=form.fields | {"score": "5", "comment": "one\r\n\ttwo", "send": "yes"})
        assert answer.status_code < 400
    async with office.engine.connect() as conn:
        assert await conn.scalar(text("SELECT comment FROM rating")) == "one\n\ttwo"


async def test_a_rating_stands_unless_it_is_changed_by_the_form_for_that(office: Office) -> None:
    mira = await caller(office)
    booked = await mira.book()
    address = await mira.is_asked(booked)
    async with visitor(office.app) as client:
        form = form_to((await client.get(address)).text)
        await mira.run(
            "INSERT INTO rating (call, escalation, score, comment, at) VALUES "
            f"('{booked.call_id}', '{mira.escalation_id}', 4, '<i>calm</i>', now())"
        )
        page = (await client.get(address)).text
        assert "You rated this call 4 out of 5: good." in page
        assert "&lt;i&gt;calm&lt;/i&gt;" in page
        assert (await client.post(address, data=form.fields | {"score": "4", "send": "yes"})).status_code == 303
        other = await client.post(address, data=form.fields | {"score": "1", "send": "yes"})
        assert other.status_code == 409
        assert "That rating stands" in other.text


async def test_a_survey_expires(office: Office) -> None:
    mira = await caller(office)
    address = await mira.is_asked(await mira.book())
    async with visitor(office.app) as client:
        form = form_to((await client.get(address)).text)
        await mira.run("UPDATE survey SET expires_at = now() - interval '1 second'")
        assert (await client.get(address)).status_code == 410
        assert (await client.post(address, data=form.fields | {"score": "5", "send": "yes"})).status_code == 410
