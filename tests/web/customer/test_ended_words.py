"""What a customer reads at the end: only what happened, and only mails that were sent."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from database.stores.journal.after_link import AfterLink
from database.stores.muster import renew_after
from domain.escalation import Kind, Mode, Outcome
from tests.web.customer.test_status_line import link_page
from tests.web.customers import caller, read_page, visitor
from tests.web.forms import form_to
from tests.web.office import Office, office
from web.customer.stage import CustomerStage
from web.wording.ended import ended_words
from web.wording.times import when

__all__ = ["office"]

EMAILED = re.compile(r"emailed|mail", re.IGNORECASE)
STATES = {"wrapping_up": "survey", "done": "survey", "unserved": "nobody_available", "missed": "customer_missed"}


@pytest.mark.parametrize(("state", "kind"), STATES.items())
@pytest.mark.parametrize("mail", ["", "queued", "sent", "failed"])
def test_a_mail_is_named_only_if_it_was_sent_or_is_on_its_way(state: str, kind: str, mail: str) -> None:
    stage = CustomerStage.NOT_SERVED if state in ("unserved", "missed") else CustomerStage.OVER
    after = AfterLink({kind: mail} if mail else {})
    link = link_page(call=SimpleNamespace(state=state), outcome="not_served", after=after)
    said = ended_words(link, stage).says
    assert ("We have emailed you" in said) == (mail == "sent")
    assert bool(EMAILED.search(said)) == (mail in ("sent", "queued"))


@pytest.mark.parametrize("mail", ["", "queued", "sent", "failed"])
@pytest.mark.parametrize("outcome", [Outcome.WITHDRAWN, Outcome.TICKET_SOLVED])
def test_who_had_booked_nothing_is_told_of_no_mail(mail: str, outcome: Outcome) -> None:
    withdrawn = CustomerStage.WITHDRAWN
    before = ended_words(link_page(call=None, outcome=outcome.value), withdrawn).says
    assert not EMAILED.search(before)
    assert "Nothing was booked" in before
    assert ("solved" in before) == (outcome is Outcome.TICKET_SOLVED)
    after = AfterLink({"withdrawn": mail} if mail else {})
    later = ended_words(
        link_page(call=SimpleNamespace(state="cancelled"), outcome=outcome.value, after=after), withdrawn
    )
    assert ("We have emailed you" in later.says) == (mail == "sent")
    assert "Nothing was booked" not in later.says


@pytest.mark.parametrize(
    ("kind", "letter", "state", "says"),
    [
        (Kind.NOBODY_AVAILABLE, "nobody_available", "waiting", "nobody was free for your call. This was our fault"),
        (Kind.CUSTOMER_MISSED, "customer_missed", "taken", "did not reach you. That happens."),
    ],
)
async def test_the_page_of_a_call_that_failed_leads_on_to_its_new_link(
    office: Office, kind: Kind, letter: str, state: str, says: str
) -> None:
    mira = await caller(office)
    form = form_to(await read_page(office, mira.address), "/book")
    booked = await mira.book()
    await mira.call_becomes(booked, f"muster_at = now() - interval '1 second', state = '{state}'")
    async with office.engine.begin() as conn:
        now = datetime.now(UTC) + timedelta(seconds=1)
        await renew_after(conn, mira.escalation_id, booked.call_id, kind, letter, mira.tokens, now)
    newer = f"/c/{mira.tokens.customer_link(mira.escalation_id, 2)}"
    async with visitor(office.app) as client:
        answer = await client.get(mira.address)
        assert (answer.status_code, answer.headers["Location"]) == (303, newer)
        assert says in await read_page(office, newer)
        refused = await client.post(form.action, data=form.fields | {"start": form.choices["start"][0]})
        assert (refused.status_code, refused.headers["Location"]) == (303, newer)
        await mira.run(
            "INSERT INTO escalation_event (escalation, seq, kind, body, actor, at) "
            "SELECT id, 99, 'link_issued', jsonb_build_object('nth', 3), 'person:1', now() FROM escalation"
        )
        dead = await client.get(mira.address)
    assert dead.status_code == 410, "a person has replaced this link"
    assert newer not in dead.text


async def test_the_page_of_a_call_that_nobody_took_asks_again_until_the_new_link_is_there(office: Office) -> None:
    mira = await caller(office, mode=Mode.NOW)
    await mira.run("UPDATE call SET state = 'unserved'")
    page = await read_page(office, mira.address)
    assert "In a moment, this page shows what happens next" in page
    assert 'http-equiv="refresh"' in page
    assert "emailed" not in page
    await mira.run("UPDATE escalation SET state = 'closed', outcome = 'not_served'")
    assert 'http-equiv="refresh"' not in await read_page(office, mira.address)


async def test_a_refused_second_booking_says_what_is_booked_and_unfolds_no_cancelling(office: Office) -> None:
    mira = await caller(office)
    fields = form_to(await read_page(office, mira.address), "/book").fields
    other = (await mira.free())[6].isoformat()
    await mira.book()
    async with visitor(office.app) as client:
        refused = await client.post(f"{mira.address}/book", data=fields | {"start": other})
        unsure = await client.post(f"{mira.address}/cancel", data=fields)
    assert "Your call is booked already, for " in refused.text
    assert " Move it to " in refused.text
    assert "<details>" in refused.text
    assert "<details open>" in unsure.text


async def test_eight_bookings_at_once_by_one_link_are_one_call_shown_to_all(office: Office) -> None:
    mira = await caller(office)
    form = form_to(await read_page(office, mira.address), "/book")
    starts = form.choices["start"][:: len(form.choices["start"]) // 7][:8]
    assert len(set(starts)) == 8
    async with visitor(office.app) as client:
        answers = await asyncio.gather(
            *(client.post(form.action, data=form.fields | {"start": start}) for start in starts)
        )
    link = await mira.link()
    assert link.booking is not None
    booked = when(link.booking.starts_at, "Europe/Copenhagen")
    assert sorted(answer.status_code for answer in answers) == [303, *[409] * 7], [answer.text for answer in answers]
    for answer in answers:
        assert answer.status_code == 303 or f"Your call is booked already, for {booked}" in answer.text
