"""Starts beyond the calendar, and answers that are repeated or late: nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from datetime import UTC, datetime, timedelta, timezone
from itertools import combinations

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from database.stores import booking
from database.stores.rounds import answers
from database.stores.rounds.repair import audit
from database.stores.wrap_up import save_wrap_up
from database.tables.customer_link import customer_link
from database.tables.muster import offer
from domain.booking import SlotRefused
from domain.escalation import Mode
from domain.failure import Failure
from domain.wrap_up import Resolution, WrapUp
from tests.database.rounds.round_floor import Floor

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
    floor = Floor(database)
    await floor.furnish()
    return floor


@pytest.mark.parametrize("start", FAR, ids=str)
async def test_a_start_beyond_the_calendar_is_refused_and_the_link_stays_open(floor: Floor, start: datetime) -> None:
    opened = await floor.open("one", Mode.BOOKING)
    link = (await floor.one(select(customer_link))).id
    async with floor.engine.begin() as conn:
        with pytest.raises(SlotRefused, match=r"past|further ahead"):
            await booking.book(conn, opened, link, start, floor.tokens, floor.now)
    near = floor.now + timedelta(hours=1)
    async with floor.engine.begin() as conn:
        assert (await booking.book(conn, opened, link, near, floor.tokens, floor.now)).starts_at == near
    async with floor.engine.begin() as conn:
        with pytest.raises(SlotRefused, match=r"past|further ahead"):
            await booking.move(conn, opened, start, floor.now)


async def offered_to_anna(floor: Floor) -> tuple[str, str, int, int]:
    """Escalation, call, offer and person."""
    await floor.come_on(ANNA)
    made = await floor.open("now")
    await floor.round()
    live = await floor.live(made)
    return made, str(live.call), live.nth, live.person


async def accept(floor: Floor, call: str, nth: int, person: int) -> str:
    """``ok``, or the name of the failure."""
    async with floor.engine.begin() as conn:
        try:
            await answers.accept(conn, call, nth, person, floor.tokens, floor.now)
        except Failure as failure:
            return type(failure).__name__
    return "ok"


async def test_a_shift_that_ends_during_a_call_changes_nothing_about_it_and_brings_no_other(floor: Floor) -> None:
    began, ends = floor.now - timedelta(hours=4), floor.now + timedelta(minutes=30)
    await floor.shift_of(ANNA, began, ends)
    talking, on_call, nth, anna = await offered_to_anna(floor)
    assert await accept(floor, on_call, nth, anna) == "ok"
    for side in ("customer", "agent"):
        await floor.join(talking, side)
    await floor.open("after the shift")
    floor.now = ends + timedelta(minutes=5)
    await floor.beat(ANNA)
    await floor.round()
    async with floor.engine.begin() as conn:
        assert (await audit(conn, floor.now)).repairs == {}
    assert await floor.offered() == {"now": ANNA}
    assert (await floor.call_of(talking)).state == "on_call"
    await floor.hang_up(talking)
    async with floor.engine.begin() as conn:
        await save_wrap_up(conn, talking, on_call, anna, WrapUp(Resolution.YES), floor.now)
    assert (await floor.call_of(talking)).state == "done"
    await floor.round()
    assert await floor.offered() == {}, "her shift is over"
    await floor.shift_of(ANNA, began, floor.now + timedelta(hours=1))
    await floor.round()
    assert await floor.offered() == {"after the shift": ANNA}


async def accepted(floor: Floor) -> int:
    async with floor.engine.connect() as conn:
        count = await conn.execute(text("SELECT count(*) FROM escalation_event WHERE kind = 'accepted'"))
        return int(count.scalar_one())


async def test_accepting_from_two_windows_at_the_same_time_succeeds_in_both_and_counts_once(floor: Floor) -> None:
    _, call, nth, person = await offered_to_anna(floor)
    results = await asyncio.gather(*(accept(floor, call, nth, person) for _ in range(5)))
    assert (set(results), await accepted(floor)) == ({"ok"}, 1)
    floor.later(minutes=5)
    assert (await accept(floor, call, nth, person), await accepted(floor)) == ("ok", 1), "the same again later"


async def test_accepting_an_expired_offer_is_refused_before_and_after_the_round_that_takes_it_back(
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


async def test_accepting_after_the_customer_cancelled_is_refused_and_nobody_stays_busy(floor: Floor) -> None:
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


async def test_accepting_while_the_customer_cancels_is_consistent_for_both(floor: Floor) -> None:
    chance, answers_seen = random.Random(3), Counter[str]()
    for nth_try in range(12):
        made = await offered_booking(floor, f"booked-{nth_try}")
        live = await floor.live(made)

        async def cancels(made: str = made) -> str:
            await asyncio.sleep(chance.uniform(0, 0.004))
            return await cancel(floor, made)

        async def accepts(call: str = str(live.call), nth: int = live.nth, person: int = live.person) -> str:
            await asyncio.sleep(chance.uniform(0, 0.004))
            return await accept(floor, call, nth, person)

        cancelled, *results = await asyncio.gather(cancels(), accepts(), accepts(), floor.round())
        answers_seen[str(results[0])] += 1
        assert cancelled == "ok", "until the call has begun a customer may cancel"
        assert await states_of(floor, str(live.call)) == ["withdrawn"], results
        assert (await floor.call_of(made)).state == "cancelled"
        floor.later(minutes=9)
    assert set(answers_seen) <= {"ok", "OfferPassed"}, answers_seen


@pytest.mark.parametrize("first", ["accept", "cancel"])
async def test_the_second_of_two_effects_waits_for_the_first_and_sees_its_result(floor: Floor, first: str) -> None:
    made = await offered_booking(floor, "booked")
    live = await floor.live(made)

    async def act(conn: AsyncConnection, which: str) -> None:
        if which == "cancel":
            await booking.cancel(conn, made, floor.now)
        else:
            await answers.accept(conn, str(live.call), live.nth, live.person, floor.tokens, floor.now)

    second = cancel(floor, made) if first == "accept" else accept(floor, str(live.call), live.nth, live.person)
    async with floor.engine.begin() as conn:
        await act(conn, first)
        waiting = asyncio.create_task(second)
        await asyncio.sleep(0.2)
        assert not waiting.done(), "nothing is answered while the first transaction is open"
    assert await waiting == ("ok" if first == "accept" else "OfferPassed")
    assert await states_of(floor, str(live.call)) == ["withdrawn"]
    assert await accepted(floor) == (1 if first == "accept" else 0)
    await floor.open("next")
    await floor.round()
    assert await floor.offered() == {"next": ANNA}, "nobody stays busy without a call"


async def offered_booking(floor: Floor, ticket: str) -> str:
    """A booked call, offered to Anna."""
    made = await floor.book(ticket, floor.now + timedelta(minutes=10))
    floor.later(minutes=6)
    await floor.come_on(ANNA)
    await floor.round()
    return made


async def cancel(floor: Floor, made: str) -> str:
    async with floor.engine.begin() as conn:
        try:
            await booking.cancel(conn, made, floor.now)
        except Failure as failure:
            return type(failure).__name__
    return "ok"


async def states_of(floor: Floor, call: str) -> list[str]:
    async with floor.engine.connect() as conn:
        return list((await conn.execute(select(offer.c.state).where(offer.c.call == call))).scalars())


async def test_presence_that_flaps_every_second_for_a_minute_gives_nobody_two_offers_at_a_time(floor: Floor) -> None:
    """Two people come and go in turn every second; each of three calls is offered again only after its time is up."""
    names = (ANNA, MIGUEL)
    await floor.come_on(*names)
    made = [await floor.open(f"now-{nth}") for nth in range(3)]
    for second in range(60):
        floor.later(seconds=1)
        for place, name in enumerate(names):
            await floor.beat(name, state="available" if (second + place) % 2 else "away")
        assert await floor.round() is not None
        assert len(await floor.offered()) <= len(names)
    rows = text("SELECT call, person, nth, state, made_at, expires_at FROM offer ORDER BY made_at, call")
    async with floor.engine.connect() as conn:
        offers = (await conn.execute(rows)).all()
    assert 2 <= len(offers) <= 5, "for each of two people, one offer ends within the minute"
    for earlier, later in combinations(offers, 2):
        if earlier.call == later.call or earlier.person == later.person:
            assert earlier.expires_at <= later.made_at, "not while the previous one is open"
    kinds = [kind for one in made for kind in await floor.timeline(one)]
    assert kinds.count("offered") == len(offers)
    assert set(kinds) <= {"opened", "muster_began", "offered", "offer_expired", "step_taken"}, kinds
