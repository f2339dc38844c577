"""The time zone in which the customer booked is that of every later page and mail about the call."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from database.stores.journal.message_queue import take_due
from database.stores.queries.letter_context import letter_context
from database.stores.seats.booked_calls import BookingWithCall, booking_of_link
from domain.letter import Channel, LetterKind
from tests.web.customers import Caller, caller, read_page, visitor
from tests.web.forms import form_to
from tests.web.office import Office, office
from web.customer.slots import page_of_days, slot
from web.wording.times import place, start_when, when, zone_words

__all__ = ["office"]

CALCUTTA, NOT_A_ZONE = "Asia/Calcutta", "Nowhere/At_All"


async def choose(office: Office, mira: Caller, act: str, zone: str) -> str:
    """Books or moves to the first start time on the page in this zone; returns where the answer leads."""
    address = f"{mira.address}?zone={zone}{'&move=1' if act == 'move' else ''}"
    form = form_to(await read_page(office, address), f"/{act}")
    async with visitor(office.app) as client:
        answer = await client.post(form.action, data=form.fields | {"start": form.choices["start"][0]})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


async def zone_of_mail(office: Office, kind: LetterKind) -> str:
    async with office.engine.begin() as conn:
        due = await take_due(conn, Channel.MAIL, 10, timedelta(minutes=1))
        [waiting] = [one for one in due if one.kind == kind.value]
        return (await letter_context(conn, waiting)).time_zone


async def test_the_zone_of_the_booking_is_that_of_all_later_pages_and_mails(office: Office) -> None:
    mira = await caller(office)
    await choose(office, mira, "book", CALCUTTA)
    # A later ticket of the same address names another zone.
    await mira.run("UPDATE customer SET time_zone = 'America/Sao_Paulo'")
    link = await mira.link()
    assert link.call is not None
    expected = when(link.call.starts_at, CALCUTTA)
    assert expected in await read_page(office, mira.address)
    assert expected in await read_page(office, f"/join/{mira.tokens.customer_join(str(link.call.id))}")
    assert "times in Calcutta" in await read_page(office, f"{mira.address}?move=1")
    assert await zone_of_mail(office, LetterKind.CONFIRMATION) == CALCUTTA
    await choose(office, mira, "move", "Asia/Kathmandu")
    assert "Kathmandu time" in await read_page(office, mira.address)
    assert await zone_of_mail(office, LetterKind.MOVED) == "Asia/Kathmandu"
    survey = await mira.is_asked(await booked_call(mira))
    await mira.run("UPDATE call SET accepted_at = '2026-11-30T18:30Z', agent_joined_at = NULL")
    assert "Tue 1 Dec" in await read_page(office, survey), "already the next day in Kathmandu"


async def booked_call(mira: Caller) -> BookingWithCall:
    link = await mira.link()
    async with mira.engine.connect() as conn:
        return await booking_of_link(conn, mira.escalation_id, link.link_id)


async def test_a_zone_that_is_none_changes_nothing(office: Office) -> None:
    mira = await caller(office, zone="America/Sao_Paulo")
    page = await read_page(office, f"{mira.address}?zone={NOT_A_ZONE}")
    assert form_to(page, "/book").fields["zone"] == ""
    assert "UTC" not in await choose(office, mira, "book", NOT_A_ZONE)
    assert "Sao Paulo time" in await read_page(office, mira.address)


async def test_only_a_given_zone_may_be_replaced_by_the_devices(office: Office) -> None:
    given, unknown = await caller(office, zone=CALCUTTA), await caller(office, "2")
    page = await read_page(office, given.address)
    assert 'data-given-zone="Asia/Calcutta"' in page
    assert "data-guessed-zone" not in page
    assert "data-given-zone" not in await read_page(office, f"{given.address}?zone=Asia/Kathmandu"), "chosen by hand"
    assert "data-given-zone" not in await read_page(office, unknown.address), "there the device's zone is used at once"


def test_a_start_keeps_its_seconds_on_every_page() -> None:
    start, zone = datetime(2026, 10, 25, 0, 30, 20, tzinfo=UTC), "Europe/Copenhagen"
    assert slot(start, zone).clock == "02:30:20 (UTC+02:00)"
    assert start_when(start, zone) == "Sun 25 Oct, 02:30:20 (UTC+02:00) Copenhagen time"
    assert [one.clock for one in page_of_days([start + timedelta(hours=6)], zone).days[0].shown] == ["07:30:20"]
    usual = start.replace(month=11, second=0)
    assert start_when(usual, zone) == when(usual, zone) == "Wed 25 Nov, 01:30 Copenhagen time"


@pytest.mark.parametrize(
    ("zone", "named", "words"),
    [
        ("Europe/Copenhagen", "Copenhagen", "Copenhagen time"),
        ("America/Argentina/Buenos_Aires", "Buenos Aires", "Buenos Aires time"),
        ("UTC", "UTC", "UTC"),
        ("Etc/UTC", "UTC", "UTC"),
        ("Etc/GMT", "UTC", "UTC"),
        ("Etc/GMT+5", "UTC-5", "UTC-5"),
        ("Etc/GMT-14", "UTC+14", "UTC+14"),
        ("Japan", "Japan", "Japan time"),
        ("CET", "CET", "CET time"),
    ],
)
def test_a_zone_is_named_as_people_name_it(zone: str, named: str, words: str) -> None:
    assert (place(zone), zone_words(zone)) == (named, words)
    assert when(datetime(2026, 11, 30, 12, 0, tzinfo=UTC), zone).endswith(f" {words}")
