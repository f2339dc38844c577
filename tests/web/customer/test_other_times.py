"""“Nothing fits?”: the customer says what would, the team holds a slot by one click, and the customer answers it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import httpx
from sqlalchemy import text

from database.stores import booking
from database.stores.escalations.customer_requests import wake_desks
from database.stores.selling.holds import end_hold, expired_holds
from domain.booking import SlotTaken
from domain.customer_request import PartOfDay, Wishes, read_wishes
from tests.web.customers import Caller, caller, read_page, visitor
from tests.web.forms import form_to
from tests.web.office import Browser, Office, office
from web.wording.wishes import wishes_words

__all__ = ["office"]

NOTE = "After my shift <at sea>"


def test_wishes_fit_by_day_and_by_part_of_the_customers_day() -> None:
    wishes = read_wishes(["2026-11-24", "nonsense"], ["morning", "noon"], "Asia/Kathmandu")
    assert wishes == Wishes((date(2026, 11, 24),), (PartOfDay.MORNING,), "Asia/Kathmandu")
    assert wishes.fits(datetime(2026, 11, 24, 3, tzinfo=UTC)), "08:45 in Kathmandu"
    assert not wishes.fits(datetime(2026, 11, 24, 9, tzinfo=UTC)), "14:45 in Kathmandu"
    assert not wishes.fits(datetime(2026, 11, 25, 3, tzinfo=UTC))
    assert wishes_words(wishes.stored()) == "Tue 24 Nov, in the mornings (Kathmandu time)"
    assert wishes_words({}) == ""


async def wish(office: Office, mira: Caller, **fields: str | list[str]) -> httpx.Response:
    form = form_to(await read_page(office, mira.address), "/wish")
    async with visitor(office.app) as client:
        return await client.post(form.action, data=form.fields | fields)


async def held(office: Office) -> tuple[Caller, Browser, datetime]:
    """Mira asks for other times, and Marta holds one by one click."""
    mira, marta = await caller(office), await office.browser("Marta Manager")
    assert (await wish(office, mira, part=["morning", "afternoon"], note=NOTE)).status_code == 303
    form = form_to(await marta.get("/desk"), "/hold")
    start = next(button["start"] for button in form.buttons if "start" in button)
    assert (await marta.post(form.action, "/desk", start=start)).status_code == 303
    return mira, marta, datetime.fromisoformat(start)


async def seats_taken(office: Office) -> int:
    async with office.engine.connect() as conn:
        number: int = (await conn.execute(text("SELECT count(*) FROM witness"))).scalar_one()
    return number


async def answer(office: Office, mira: Caller, start: str) -> httpx.Response:
    form = form_to(await read_page(office, mira.address), "/take")
    async with visitor(office.app) as client:
        return await client.post(form.action, data=form.fields | {"start": start})


async def test_an_untouched_or_overlong_form_tells_the_team_nothing(office: Office) -> None:
    mira = await caller(office)
    assert (await wish(office, mira)).status_code == 422
    long = await wish(office, mira, note="x" * 10_000)
    assert (long.status_code, "10000 characters" in long.text) == (422, True)
    assert "Customers ask" not in await (await office.browser("Marta Manager")).get("/desk")


async def test_the_team_reads_the_wishes_and_the_story_keeps_no_free_text(office: Office) -> None:
    mira = await caller(office)
    await wish(office, mira, part="evening", note=NOTE)
    assert "The team knows that no time suited you." in await read_page(office, mira.address)
    desk = await (await office.browser("Marta Manager")).get("/desk")
    assert "asks for other times: in the evenings (Copenhagen time)" in desk
    assert "After my shift &lt;at sea&gt;" in desk
    async with office.engine.connect() as conn:
        bodies = await conn.execute(text("SELECT body::text FROM escalation_event WHERE kind = 'times_asked_for'"))
    assert "sea" not in bodies.scalar_one()


async def test_the_customer_takes_the_slot_that_is_held(office: Office) -> None:
    mira, marta, start = await held(office)
    page = await read_page(office, mira.address)
    assert "We are holding " in page
    buttons = form_to(page, "/take").buttons
    assert (await answer(office, mira, buttons[0]["start"])).status_code == 303, "as a scanner sends it"
    assert (await mira.link()).booking is None
    await answer(office, mira, buttons[1]["start"])
    link = await mira.link()
    assert link.booking is not None
    assert (link.booking.starts_at, link.booking.state, link.state) == (start, "sold", "used")
    assert "Customers ask" not in await marta.get("/desk")
    async with office.engine.connect() as conn:
        seats = "SELECT count(*) FROM witness w JOIN booking b ON b.id = w.booking WHERE b.state = 'sold'"
        assert (await conn.execute(text(seats))).scalar_one() == 1
        mails = await conn.execute(text("SELECT kind FROM message WHERE recipient LIKE 'mira%' ORDER BY created_at"))
        assert list(mails.scalars()) == ["invitation", "slot_held", "confirmation"]


async def test_a_slot_that_is_not_wanted_is_free_again(office: Office) -> None:
    mira, marta, start = await held(office)
    assert await seats_taken(office) == 1
    await answer(office, mira, "none")
    assert await seats_taken(office) == 0
    assert start in await mira.free()
    assert "asks for other times" in await marta.get("/desk"), "the request is open again"
    assert "We are holding" not in await read_page(office, mira.address)


async def test_booking_another_time_gives_the_held_slot_back(office: Office) -> None:
    mira, marta, start = await held(office)
    booked = await mira.book()
    assert booked.starts_at != start
    async with office.engine.connect() as conn:
        states = list((await conn.execute(text("SELECT state FROM booking"))).scalars())
        assert states == ["sold"]
        assert (await conn.execute(text("SELECT count(*) FROM witness"))).scalar_one() == 1
    assert "Customers ask" not in await marta.get("/desk")


async def test_a_hold_ends_by_itself(office: Office) -> None:
    mira, marta, start = await held(office)
    await mira.run("UPDATE customer_request SET held_until = now() - interval '1 second'")
    assert "We are holding" not in await read_page(office, mira.address)
    async with office.engine.begin() as conn:
        assert await expired_holds(conn) == [mira.escalation_id]
        assert await end_hold(conn, mira.escalation_id, datetime.now(UTC), why="ran_out")
        await wake_desks(conn, mira.escalation_id)
        assert await expired_holds(conn) == []
    assert await seats_taken(office) == 0
    assert start in await mira.free()
    assert "asks for other times" in await marta.get("/desk")


async def sold_to(office: Office, number: str, start: datetime) -> bool:
    other = await caller(office, number)
    link = await other.link()
    try:
        async with office.engine.begin() as conn:
            await booking.book(conn, other.escalation_id, link.link_id, start, other.tokens, datetime.now(UTC))
    except SlotTaken:
        return False
    return True


async def test_what_is_held_for_one_customer_is_refused_to_another(office: Office) -> None:
    """Holds until the pool has nobody left at that time: never more than can be served."""
    mira, _, start = await held(office)
    sold = 0
    while await sold_to(office, str(sold + 2), start):
        sold += 1
    async with office.engine.connect() as conn:
        at_start = text(
            "SELECT count(DISTINCT person), count(*) FROM witness WHERE during @> CAST(:start AS timestamptz)"
        )
        people, seats = (await conn.execute(at_start, {"start": start})).one()
    assert people == seats == sold + 1
    assert (await mira.link()).asked is not None


async def test_the_hold_of_a_withdrawn_escalation_is_given_back(office: Office) -> None:
    mira, _, _ = await held(office)
    async with office.program() as api:
        await api.post(f"/api/v1/escalations/{mira.escalation_id}/withdraw", json={"reason": "solved"})
    async with office.engine.connect() as conn:
        assert (await conn.execute(text("SELECT count(*) FROM witness"))).scalar_one() == 0
        assert list((await conn.execute(text("SELECT state FROM customer_request"))).scalars()) == ["closed"]
