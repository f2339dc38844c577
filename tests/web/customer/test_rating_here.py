"""Rating a call on its own page, as soon as it is over, and by the links of the survey's mail."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from activities.letters.rating import survey as survey_letter
from database.stores import rating, wrap_up
from database.stores.queries.escalation_detail import read_whole
from domain.escalation import State
from domain.letter import LetterKind, reason_obsolete
from domain.wrap_up import Resolution, WrapUp
from tests.activities.sample_letter import ADDRESSES, letter_context
from tests.web.customers import Caller, caller, read_page, visitor
from tests.web.forms import form_to, forms_of
from tests.web.office import Office, office
from web.ops.story import story_of

__all__ = ["office"]


async def after_call(office: Office) -> tuple[Caller, str]:
    """Mira's call has just ended; returns its id too."""
    mira = await caller(office)
    booked = await mira.book()
    over = "state = 'wrapping_up', accepted_at = now(), ended_at = now(), person = 1"
    await mira.call_becomes(booked, over)
    await mira.run("UPDATE escalation SET state = 'wrapping_up'")
    return mira, booked.call_id


async def state_of(office: Office) -> tuple[str, str | None]:
    async with office.engine.connect() as conn:
        row = (await conn.execute(text("SELECT state, outcome FROM escalation"))).one()
    return row.state, row.outcome


async def test_the_page_of_a_call_asks_how_it_was_once_it_is_over(office: Office) -> None:
    mira, call_id = await after_call(office)
    page = await read_page(office, mira.address)
    assert '<h1 data-call="rating">How was your call?</h1>' in page
    form = form_to(page, "/rate")
    async with visitor(office.app) as client:
        for sent in (form.fields, form.fields | form.buttons[0], form.fields | form.buttons[0] | {"score": "4"}):
            assert (await client.post(form.action, data=sent)).status_code == 422, "a form sent by itself rates nothing"
        chosen = form.fields | form.buttons[-1] | {"score": "4", "comment": "Calm"}
        for _ in range(2):
            answer = await client.post(form.action, data=chosen)
            assert (answer.status_code, answer.headers["Location"]) == (303, mira.address)
    page = await read_page(office, mira.address)
    assert "You rated this call 4 out of 5: good." in page
    assert '<h1 data-call="ended">Thank you</h1>' in page
    async with office.engine.begin() as conn:
        assert not await rating.ask(conn, mira.escalation_id, call_id, mira.tokens, datetime.now(UTC))
        assert await conn.scalar(text("SELECT count(*) FROM survey")) == 0, "no mail asks what was answered already"


@pytest.mark.parametrize("recorded", [True, False])
async def test_a_call_rated_before_its_wrap_up_is_closed_by_it(office: Office, recorded: bool) -> None:
    mira, call_id = await after_call(office)
    now = datetime.now(UTC)
    async with office.engine.begin() as conn:
        await rating.save_rating(conn, mira.escalation_id, call_id, 5, "", now)
    assert await state_of(office) == (State.WRAPPING_UP, None), "the agent still writes the wrap-up"
    async with office.engine.begin() as conn:
        if recorded:
            form = WrapUp(Resolution.YES, "", "", "", "", "")
            await wrap_up.save_wrap_up(conn, mira.escalation_id, call_id, 1, form, now)
        else:
            await wrap_up.end_unrecorded(conn, mira.escalation_id, call_id, now)
    assert await state_of(office) == (State.CLOSED, "resolved" if recorded else "not_recorded")


async def test_a_call_can_be_rated_on_its_page_although_the_rules_sent_no_survey(office: Office) -> None:
    mira, call_id = await after_call(office)
    async with office.engine.begin() as conn:
        await rating.end_survey(conn, mira.escalation_id, call_id, datetime.now(UTC))
    form = form_to(await read_page(office, mira.address), "/rate")
    async with visitor(office.app) as client:
        sent = form.fields | form.buttons[-1] | {"score": "3"}
        assert (await client.post(form.action, data=sent)).status_code == 303
    assert "You rated this call 3 out of 5" in await read_page(office, mira.address)
    await mira.run("UPDATE escalation_event SET told_at = now() WHERE kind NOT IN ('rated', 'closed')")
    async with office.engine.connect() as conn:
        waiting = await conn.scalar(text("SELECT count(*) FROM escalation_event WHERE told_at IS NULL"))
    assert waiting == 0, "no workflow is left that would hear of it"


async def test_a_rating_may_be_changed_for_a_day_and_the_first_is_kept(office: Office) -> None:
    mira, _ = await after_call(office)
    first = form_to(await read_page(office, mira.address), "/rate")
    async with visitor(office.app) as client:
        for_first = first.fields | first.buttons[-1] | {"score": "4", "comment": "Fine"}
        await client.post(first.action, data=for_first)
        form = form_to(await read_page(office, f"{mira.address}?change=rating"), "/rate")
        assert (form.fields["score"], form.fields["replaces"]) == ("4", "1")
        for sent in (form.fields, form.fields | form.buttons[0]):
            assert (await client.post(form.action, data=sent | {"score": "1"})).status_code == 422
        changed = form.fields | form.buttons[-1] | {"score": "1", "comment": "It broke again"}
        assert (await client.post(form.action, data=changed)).status_code == 303
        again = await client.post(first.action, data=for_first)
        assert again.status_code == 409, "the first form, sent again, does not undo the change"
        assert "You have already rated this call: 1 of 5" in again.text
        assert "You rated this call 1 out of 5: very bad." in await read_page(office, mira.address)
        form = form_to(await read_page(office, f"{mira.address}?change=rating"), "/rate")
        await mira.run("UPDATE rating SET at = at - interval '24 hours'")
        late = await client.post(form.action, data=form.fields | form.buttons[-1] | {"score": "5"})
        assert (late.status_code, "can be changed for 24 hours" in late.text) == (409, True)
    forms = forms_of(await read_page(office, f"{mira.address}?change=rating"))
    assert [form.action for form in forms if form.action.endswith("/rate")] == []
    async with office.engine.connect() as conn:
        row = (await conn.execute(text("SELECT * FROM rating"))).one()
        whole = await read_whole(conn, mira.escalation_id)
    assert (row.score, row.comment, row.first_score, row.first_comment) == (1, "It broke again", 4, "Fine")
    assert whole is not None
    told = [(one.text, one.said) for one in story_of(whole) if " rat" in one.text]
    assert told[:2] == [
        ("Mira Olsen rated the call 4 of 5.", "Fine"),
        ("Mira Olsen changed the rating from 4 to 1 of 5.", "It broke again"),
    ]


async def test_a_change_to_a_low_score_alerts_the_leads_once(office: Office) -> None:
    mira, call_id = await after_call(office)
    await mira.run("UPDATE escalation SET plan = jsonb_set(plan, '{decision,feedback,alert_under}', '3')")
    now = datetime.now(UTC)
    for revision, score in enumerate((4, 2, 1, 5, 2)):
        async with office.engine.begin() as conn:
            await rating.save_rating(conn, mira.escalation_id, call_id, score, "", now, revision)
    async with office.engine.connect() as conn:
        posts = "SELECT count(*) FROM message WHERE kind = 'rating_alert' AND channel = 'webhook'"
        assert await conn.scalar(text(posts)) == 2, "at 4 to 2 and at 5 to 2"


async def test_a_call_that_is_long_over_asks_for_nothing(office: Office) -> None:
    mira, _ = await after_call(office)
    form = form_to(await read_page(office, mira.address), "/rate")
    await mira.run("UPDATE call SET ended_at = now() - interval '15 days'")
    assert forms_of(await read_page(office, mira.address)) == []
    async with visitor(office.app) as client:
        late = await client.post(form.action, data=form.fields | form.buttons[-1] | {"score": "3"})
    assert late.status_code == 410
    assert "This survey has ended" in late.text


async def test_the_surveys_mail_has_a_link_for_each_score_that_saves_nothing(office: Office) -> None:
    letter = survey_letter(letter_context(LetterKind.SURVEY), ADDRESSES)
    assert [one.address.partition("?")[2] for one in letter.choices] == [f"score={score}" for score in range(1, 6)]
    mira = await caller(office)
    address = await mira.is_asked(await mira.book())
    async with visitor(office.app) as client:
        form = form_to((await client.get(f"{address}?score=4")).text)
        assert form.fields["score"] == "4"
        by_itself = await client.post(form.action, data=form.fields | form.buttons[0])
        assert by_itself.status_code == 422
        assert "Nothing was saved yet" in by_itself.text
        assert (await client.post(form.action, data=form.fields | form.buttons[-1])).status_code == 303
    assert "You rated this call 4 out of 5" in await read_page(office, address)


def test_a_survey_whose_answer_came_first_is_not_sent() -> None:
    asked = letter_context(LetterKind.SURVEY)
    rated = letter_context(LetterKind.SURVEY, rating=letter_context(LetterKind.RATING_ALERT).rating)
    assert (reason_obsolete(asked), reason_obsolete(rated)) == ("", "the call has been rated")
