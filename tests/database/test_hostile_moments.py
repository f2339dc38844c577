"""Starts beyond the calendar, and agents who answer twice or too late: nothing is lost or doubled."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores import booking, offers
from database.tables.customer_link import customer_link
from database.tables.muster import offer
from domain.booking import SlotRefused
from domain.escalation import Mode
from domain.failure import Failure
from tests.database.round_floor import Floor

ANNA, MIGUEL = "Anna Schmidt", "Miguel Torres"
FAR = [
    datetime.max.replace(tzinfo=UTC),
    datetime.max.replace(tzinfo=timezone(timedelta(hours=-12))),
    datetime(9999, 12, 30, 23, 55, tzinfo=UTC),
    datetime(2500, 1, 1, 9, tzinfo=UTC),
    datetime.min.replace(tzinfo=UTC),
    datetime.min.replace(tzinfo=timezone(timedelta(hours=14))),
    datetime(1899, 12, 31, tzinfo=UTC),
]


@pytest.fixture
async def floor(database: AsyncEngine) -> Floor:
    made = Floor(database)
    await made.furnish()
    return made


@pytest.mark.parametrize("start", FAR, ids=str)
async def test_a_start_beyond_the_calendar_is_refused_and_the_link_stays_good(floor: Floor, start: datetime) -> None:
    wants = await floor.open("wants", Mode.BOOKING)
    link = (await floor.one(select(customer_link))).id
    async with floor.engine.begin() as conn:
        with pytest.raises(SlotRefused, match=r"past|further ahead"):
            await booking.book(conn, wants, link, start, floor.tokens, floor.now)
    near = floor.now + timedelta(hours=1)
    async with floor.engine.begin() as conn:
        assert (await booking.book(conn, wants, link, near, floor.tokens, floor.now)).starts_at == near
    async with floor.engine.begin() as conn:
        with pytest.raises(SlotRefused, match=r"past|further ahead"):
            await booking.move(conn, wants, start, floor.now)


async def offered_to_anna(floor: Floor) -> tuple[str, str, int, int]:
    """Escalation, call, offer and person."""
    await floor.come_on(ANNA)
    made = await floor.open("now")
    await floor.round()
    live = await floor.live(made)
    return made, str(live.call), live.nth, live.person


async def accept(floor: Floor, call: str, nth: int, person: int) -> str:
    """``ok``, or the name of the refusal."""
    async with floor.engine.begin() as conn:
        try:
            await offers.accept(conn, call, nth, person, floor.tokens, floor.now)
        except Failure as failure:
            return type(failure).__name__
    return "ok"


async def accepted(floor: Floor) -> int:
    async with floor.engine.connect() as conn:
        counted = await conn.execute(text("SELECT count(*) FROM escalation_event WHERE kind = 'accepted'"))
        return int(counted.scalar_one())


async def test_accepting_from_two_windows_at_once_is_one_acceptance_and_both_hear_yes(floor: Floor) -> None:
    _, call, nth, person = await offered_to_anna(floor)
    said = await asyncio.gather(*(accept(floor, call, nth, person) for _ in range(5)))
    assert (set(said), await accepted(floor)) == ({"ok"}, 1)
    floor.later(minutes=5)
    assert (await accept(floor, call, nth, person), await accepted(floor)) == ("ok", 1), "and again, later"


async def test_accepting_after_the_time_out_is_refused_before_and_after_the_round_that_takes_it_back(
    floor: Floor,
) -> None:
    made, call, nth, person = await offered_to_anna(floor)
    floor.later(seconds=46)
    assert await accept(floor, call, nth, person) != "ok"
    await floor.beat(MIGUEL)
    await floor.round()
    assert await accept(floor, call, nth, person) != "ok"
    assert await floor.offered() == {"now": MIGUEL}
    assert (await floor.timeline(made)).count("accepted") == 0


async def test_accepting_after_the_customer_cancelled_is_refused_and_nobody_is_left_busy(floor: Floor) -> None:
    made = await floor.book("booked", floor.now + timedelta(minutes=10))
    await floor.come_on(ANNA)
    floor.later(minutes=6)
    await floor.beat(ANNA)
    await floor.round()
    live = await floor.live(made)

    async def cancels() -> None:
        async with floor.engine.begin() as conn:
            await booking.cancel(conn, made, floor.now)

    await cancels()
    assert await accept(floor, str(live.call), live.nth, live.person) != "ok"
    async with floor.engine.connect() as conn:
        states = (await conn.execute(select(offer.c.state))).scalars().all()
    assert states == ["withdrawn"]
    assert await accepted(floor) == 0


async def test_accepting_while_the_customer_cancels_ends_one_way_for_both(floor: Floor) -> None:
    for nth_try in range(6):
        made = await floor.book(f"booked-{nth_try}", floor.now + timedelta(minutes=10))
        floor.later(minutes=6)
        await floor.come_on(ANNA)
        await floor.round()
        live = await floor.live(made)

        async def cancels(made: str = made) -> str:
            async with floor.engine.begin() as conn:
                try:
                    await booking.cancel(conn, made, floor.now)
                except Failure as failure:
                    return type(failure).__name__
            return "cancelled"

        said, gone = await asyncio.gather(accept(floor, str(live.call), live.nth, live.person), cancels())
        assert gone == "cancelled", "until the call has begun a customer may cancel"
        async with floor.engine.connect() as conn:
            left = await conn.execute(select(offer.c.state).where(offer.c.call == str(live.call)))
            assert left.scalars().all() == ["withdrawn"], said
        floor.later(minutes=9)
