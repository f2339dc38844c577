"""The customer's link in every state, without a browser and without JavaScript."""

from __future__ import annotations

import asyncio
import gzip
import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from icalendar import Calendar
from sqlalchemy import text

from tests.servers import free_port
from tests.web.customers import Caller, caller, read_page, visitor
from tests.web.forms import form_to, forms_of
from tests.web.office import Office, office
from web.assets import assets
from web.customer import slots
from web.customer.slots import page_of_days

__all__ = ["office"]


@pytest.fixture(autouse=True)
def temporal_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Points to no Temporal before the application starts, in case one is running."""
    monkeypatch.setenv("TEMPORAL_ADDRESS", f"127.0.0.1:{free_port()}")


async def send_untouched(office: Office, address: str) -> list[httpx.Response]:
    """Sends every form of the page with its default values, as a scanner does; returns the responses."""
    async with visitor(office.app) as client:
        client.follow_redirects = True
        page = (await client.get(address)).text
        return [
            await client.request(form.method.upper(), form.action or address, data=form.fields)
            for form in forms_of(page)
            if form.method == "post"
        ]


async def test_a_new_link_shows_free_times_without_a_preselection(office: Office) -> None:
    mira = await caller(office)
    page = await read_page(office, mira.address)
    assert "Engine &lt;b&gt;stops&lt;/b&gt; at sea &amp; more" in page
    form = form_to(page, "/book")
    free = await mira.free()
    assert len(form.choices["start"]) == len(free)
    assert "start" not in form.fields
    assert "times in Copenhagen" in page
    assert "mailto:" in page


async def test_times_are_in_the_chosen_zone(office: Office) -> None:
    mira = await caller(office, zone="America/Sao_Paulo")
    assert "times in Sao Paulo" in await read_page(office, mira.address)
    page = await read_page(office, f"{mira.address}?zone=Asia/Kathmandu")
    assert "times in Kathmandu" in page
    assert form_to(page, "/book").fields["zone"] == "Asia/Kathmandu"
    assert "times in Sao Paulo" in await read_page(office, f"{mira.address}?zone=Nowhere/At_All")
    chooser = await read_page(office, f"{mira.address}?change=zone")
    assert '<option value="Asia/Kathmandu">' in chooser
    assert '<option value="America/Sao_Paulo" selected>' in chooser


def test_a_repeated_hour_shows_its_offset() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    page = page_of_days([first, first + timedelta(hours=1), first + timedelta(hours=2)], "Europe/Copenhagen")
    (day,) = page.days
    assert [slot.clock for slot in day.night] == ["02:30 (UTC+02:00)", "02:30 (UTC+01:00)", "03:30"]
    assert day.night[0].value == "2026-10-25T00:30:00Z"


async def test_more_days_are_on_the_next_page(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every free time is on one of the pages, and each page says how many the next ones have."""
    monkeypatch.setattr(slots, "STARTS_A_PAGE", 20)
    mira = await caller(office)
    all_starts = [f"{start:%Y-%m-%dT%H:%M:%SZ}" for start in await mira.free()]
    address, starts_seen, remaining = f"{mira.address}?zone=Asia/Kathmandu", list[str](), len(all_starts)
    while address:
        page = await read_page(office, address)
        shown = form_to(page, "/book").choices["start"]
        assert ("Back to the earliest days" in page) == bool(starts_seen)
        starts_seen, remaining = [*starts_seen, *shown], remaining - len(shown)
        more = re.search(r'href="([^"]+)">More days, starting \w+ \d+ \w+ \((\d+) free times\)', page)
        assert more is not None or remaining == 0
        if more is not None:
            assert int(more[2]) == remaining
            assert "zone=Asia%2FKathmandu" in more[1] or "zone=Asia/Kathmandu" in more[1]
        address = more[1].replace("&amp;", "&") if more is not None else ""
    assert starts_seen == all_starts
    assert (
        form_to(await read_page(office, f"{mira.address}?from=nonsense"), "/book").choices["start"][0] == all_starts[0]
    )


async def test_viewing_and_scanning_books_nothing(office: Office) -> None:
    mira = await caller(office)
    for _ in range(3):
        await read_page(office, mira.address)
    answers = await send_untouched(office, mira.address)
    assert [answer.status_code for answer in answers] == [422, 422]
    assert "Choose a time first" in answers[0].text
    assert "Nothing was sent" in answers[1].text
    assert (await mira.link()).state == "open"


@pytest.mark.parametrize("start", ["tomorrow", "2026-11-24T09:00:00", "2026-13-40T99:00:00Z", "x" * 5000, "9" * 400])
async def test_an_invalid_start_is_refused(office: Office, start: str) -> None:
    mira = await caller(office)
    form = form_to(await read_page(office, mira.address), "/book")
    async with visitor(office.app) as client:
        answer = await client.post(form.action, data=form.fields | {"start": start})
    assert answer.status_code == 422
    assert "Choose a time first" in answer.text


async def test_booking_takes_no_temporal(office: Office) -> None:
    """Nothing listens where this office looks for Temporal."""
    mira = await caller(office)
    form = form_to(await read_page(office, mira.address), "/book")
    async with visitor(office.app) as client:
        answer = await client.post(form.action, data=form.fields | {"start": form.choices["start"][0]})
    assert answer.status_code == 303
    assert (await mira.link()).state == "used"


async def test_a_locked_row_is_said_soon_and_nothing_is_booked(office: Office) -> None:
    mira = await caller(office)
    form = form_to(await read_page(office, mira.address), "/book")
    began = datetime.now(UTC)
    async with office.engine.begin() as conn, visitor(office.app) as client:
        await conn.execute(text("SELECT id FROM escalation FOR UPDATE"))
        answer = await client.post(form.action, data=form.fields | {"start": form.choices["start"][0]})
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) >= 1
        assert datetime.now(UTC) - began < timedelta(seconds=5)
    await asyncio.sleep(0.5)
    assert (await mira.link()).state == "open"


async def test_a_booked_link_shows_the_call(office: Office) -> None:
    mira = await caller(office)
    booked = await mira.book()
    page = await read_page(office, mira.address)
    assert "Your call is booked" in page
    assert booked.starts_at.isoformat() in page
    assert "Add to calendar" in page
    assert "?move=1" in page
    cancelling = form_to(page, "/cancel")
    assert cancelling.choices == {"sure": ["yes"]}
    assert "sure" not in cancelling.fields


async def test_scanning_a_booked_link_cancels_nothing(office: Office) -> None:
    mira = await caller(office)
    await mira.book()
    (answer,) = await send_untouched(office, mira.address)
    assert answer.status_code == 422
    assert "Nothing was cancelled" in answer.text
    (moving,) = await send_untouched(office, f"{mira.address}?move=1")
    assert moving.status_code == 422
    link = await mira.link()
    assert link.booking is not None
    assert link.booking.state == "sold"


async def test_a_used_link_books_no_second_call(office: Office) -> None:
    mira = await caller(office)
    token = form_to(await read_page(office, mira.address), "/book").fields
    other = (await mira.free())[6].isoformat()
    booked = await mira.book()
    async with visitor(office.app) as client:
        again = await client.post(f"{mira.address}/book", data=token | {"start": booked.starts_at.isoformat()})
        assert again.status_code == 303, "the same booking sent again is the same answer"
        refused = await client.post(f"{mira.address}/book", data=token | {"start": other})
    assert refused.status_code == 409
    assert "Your call is booked already" in refused.text


async def test_moving_shows_free_times_without_the_booked_one(office: Office) -> None:
    mira = await caller(office)
    booked = await mira.book()
    form = form_to(await read_page(office, f"{mira.address}?move=1"), "/move")
    assert form.choices["start"]
    assert booked.starts_at.strftime("%Y-%m-%dT%H:%M:%SZ") not in form.choices["start"]
    async with visitor(office.app) as client:
        same = await client.post(form.action, data=form.fields | {"start": booked.starts_at.isoformat()})
    assert same.status_code == 303


async def test_a_call_that_has_begun_cannot_be_moved(office: Office) -> None:
    mira = await caller(office)
    booked = await mira.book()
    form = form_to(await read_page(office, f"{mira.address}?move=1"), "/move")
    await mira.call_becomes(booked, "muster_at = now() - interval '1 second', state = 'offered'")
    async with visitor(office.app) as client:
        late = await client.post(form.action, data=form.fields | {"start": form.choices["start"][0]})
    assert late.status_code == 409
    assert "too late" in late.text


async def test_unknown_links_look_like_any_unknown_address(office: Office) -> None:
    texts = {
        await read_page(office, address, 404)
        for address in ("/c/x", "/c/" + "A" * 43, "/rate/x", "/join/x", "/c/x/calendar.ics", "/nothing", "/sign-in/x")
    }
    assert len(texts) == 1


async def test_the_calendar_entry_is_the_booking(office: Office) -> None:
    mira = await caller(office)
    await read_page(office, f"{mira.address}/calendar.ics", 404)
    booked = await mira.book()
    async with visitor(office.app) as client:
        answer = await client.get(f"{mira.address}/calendar.ics")
    assert answer.headers["Content-Type"].startswith("text/calendar")
    (event,) = Calendar.from_ical(answer.content).events
    assert event.start == booked.starts_at
    assert event.sequence == 0
    assert event.uid.startswith(f"booking-{booked.booking_id}-{mira.escalation_id}@")


async def weight(office: Office, mira: Caller) -> int:
    """Bytes of a page with everything it loads, compressed."""
    page = await read_page(office, mira.address)
    files = set(re.findall(r'/static/([^"?]+)', page))
    return len(gzip.compress(page.encode())) + sum(len(assets()[name].compressed) for name in files)


async def test_pages_are_light_and_load_nothing_from_elsewhere(office: Office) -> None:
    mira = await caller(office)
    assert await weight(office, mira) < 50_000
    booked = await mira.book()
    await mira.call_becomes(booked, "muster_at = now() - interval '1 second'")
    assert await weight(office, mira) < 50_000
    assert "//" not in "".join(re.findall(r'(?:src|href)="([^"]+)"', await read_page(office, mira.address)))
