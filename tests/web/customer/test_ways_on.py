"""No page of a customer's ends without a way on: book again, or ask the team, who answer with one click."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from database.stores import booking
from database.stores.journal.after_link import AfterLink
from domain.escalation import Outcome
from tests.web.customer.test_status_line import NOW, link_page
from tests.web.customers import Caller, caller, read_page, visitor
from tests.web.forms import form_to
from tests.web.office import Office, office
from web.customer.stage import CustomerStage
from web.wording.ways_on import way_on

__all__ = ["office"]

ENDS = (CustomerStage.EXPIRED, CustomerStage.NOT_SERVED, CustomerStage.WITHDRAWN, CustomerStage.CANCELLED)


@pytest.mark.parametrize("stage", ENDS)
def test_every_end_has_a_button_until_the_team_was_asked(stage: CustomerStage) -> None:
    for request, leads in (("", True), ("closed", True), ("open", False)):
        way = way_on(link_page(outcome="closed", after=AfterLink(request=request)), stage, NOW)
        assert way is not None
        assert bool(way.button) == leads
        assert way.waits == (not leads)


@pytest.mark.parametrize(
    ("after", "days", "action"),
    [
        (AfterLink(), 1, "again"),
        (AfterLink(), -1, "ask"),
        (AfterLink(ticket_solved=True), 1, "ask"),
        (AfterLink(times_again=5), 1, "ask"),
    ],
)
def test_a_cancelled_call_may_be_booked_again_as_long_as_its_link_was_good(
    after: AfterLink, days: int, action: str
) -> None:
    link = link_page(outcome=Outcome.CANCELLED.value, expires_at=NOW + timedelta(days=days), after=after)
    way = way_on(link, CustomerStage.CANCELLED, NOW)
    assert way is not None
    assert way.action == action


async def press(office: Office, address: str, action: str) -> str:
    """Presses the page's button; returns where it leads."""
    form = form_to(await read_page(office, address, 410 if action == "ask" else 200), f"/{action}")
    async with visitor(office.app) as client:
        untouched = await client.post(form.action, data=form.fields)
        assert untouched.headers["Location"] == address, "a scanner that submits the form changes nothing"
        answer = await client.post(form.action, data=form.fields | {"sure": "yes"})
    assert answer.status_code == 303
    return answer.headers["Location"]


async def cancelled(office: Office) -> Caller:
    mira = await caller(office)
    await mira.book()
    async with office.engine.begin() as conn:
        await booking.cancel(conn, mira.escalation_id, datetime.now(UTC))
    return mira


async def test_who_cancelled_books_again_by_a_link_of_its_own(office: Office) -> None:
    mira = await cancelled(office)
    newer = await press(office, mira.address, "again")
    assert newer != mira.address
    assert "Book your call" in await read_page(office, newer)
    async with visitor(office.app) as client:
        later = await client.get(mira.address)
        assert later.headers["Location"] == newer, "the old page leads on"
        form = form_to(await read_page(office, newer), "/book")
        twice = await client.post(form.action.replace(newer, mira.address), data=form.fields)
    assert twice.status_code == 403, "the used link books nothing"


async def test_who_may_not_open_the_ticket_again_asks_the_team(office: Office) -> None:
    mira = await cancelled(office)
    await mira.run("UPDATE escalation SET facts = facts || '{\"unheard of\": 1}'")
    assert await press(office, mira.address, "again") == mira.address
    assert "We have told the team" in await read_page(office, mira.address)


async def test_the_team_issues_a_new_link_by_one_click(office: Office) -> None:
    mira = await caller(office)
    await mira.link_becomes("expires_at = now() - interval '1 minute'")
    assert await press(office, mira.address, "ask") == mira.address
    asked = await read_page(office, mira.address, 410)
    assert "We have told the team" in asked
    assert "<button" not in asked
    lena = await office.browser("Marta Manager")
    desk = await lena.get("/desk")
    assert "Mira Olsen asks for a new link" in desk
    answer = await lena.post(form_to(desk, "/issue").action, "/desk")
    assert answer.status_code == 303
    assert "asks for a new link" not in await lena.get("/desk")
    async with visitor(office.app) as client:
        newer = (await client.get(mira.address)).headers["Location"]
    assert "Book your call" in await read_page(office, newer)


async def test_a_closed_request_is_told_and_may_be_made_again(office: Office) -> None:
    mira = await caller(office)
    await mira.link_becomes("expires_at = now() - interval '1 minute'")
    await press(office, mira.address, "ask")
    marta = await office.browser("Marta Manager")
    closing = form_to(await marta.get("/desk"), "/close").action
    assert (await marta.post(closing, "/desk")).status_code == 303
    assert (await marta.post(closing, "/desk")).status_code == 409, "somebody else has closed it already"
    page = await read_page(office, mira.address, 410)
    assert "The team has closed your request" in page
    assert "Ask again" in page


async def test_the_refused_second_booking_is_moved_by_its_button(office: Office) -> None:
    mira = await caller(office)
    fields = form_to(await read_page(office, mira.address), "/book").fields
    other = (await mira.free())[6]
    await mira.book()
    async with visitor(office.app) as client:
        refused = await client.post(f"{mira.address}/book", data=fields | {"start": other.isoformat()})
        form = form_to(refused.text, "/move")
        assert (await client.post(form.action, data=form.fields)).status_code == 422, "as a scanner sends it"
        moved = await client.post(form.action, data=form.fields | {"start": other.isoformat()})
    assert moved.status_code == 303
    booked = (await mira.link()).booking
    assert booked is not None
    assert booked.starts_at == other
