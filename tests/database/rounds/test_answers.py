"""Answers to an offer that come twice, too late, from two windows, or after the customer has cancelled."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores import booking
from database.stores.rounds import answers
from database.tables.muster import offer
from domain.offer import Acceptance, OfferPassed
from tests.database.rounds.round_floor import Floor


@pytest.fixture
async def floor(database: AsyncEngine) -> Floor:
    found = Floor(database)
    await found.furnish()
    await found.come_on("Freja Holm")
    return found


async def answer(floor: Floor, call: str, nth: int, person: int) -> Acceptance | OfferPassed:
    async with floor.engine.begin() as conn:
        try:
            return await answers.accept(conn, call, nth, person, floor.tokens, floor.now)
        except OfferPassed as passed:
            return passed


async def states(floor: Floor) -> Counter[str]:
    async with floor.engine.connect() as conn:
        return Counter((await conn.execute(select(offer.c.state))).scalars())


async def test_accepting_from_two_windows_at_once_is_accepting_once(floor: Floor) -> None:
    one = await floor.open("one")
    await floor.round()
    made = await floor.live(one)
    said = await asyncio.gather(*(answer(floor, str(made.call), made.nth, made.person) for _ in range(6)))
    assert all(isinstance(each, Acceptance) for each in said)
    assert Counter(each.again for each in said if isinstance(each, Acceptance)) == {False: 1, True: 5}
    assert (await floor.timeline(one)).count("accepted") == 1


async def test_accepting_after_the_time_is_over_comes_too_late_whether_a_round_was_there_or_not(floor: Floor) -> None:
    one = await floor.open("one")
    await floor.round()
    made = await floor.live(one)
    floor.now = made.expires_at
    assert await answer(floor, str(made.call), made.nth, made.person) == OfferPassed("expired")
    await floor.beat("Freja Holm", "Lukas Weber")
    await floor.round()
    assert await answer(floor, str(made.call), made.nth, made.person) == OfferPassed("expired")
    assert await floor.offered() == {"one": "Lukas Weber"}


async def test_accepting_somebody_elses_offer_is_not_accepting(floor: Floor) -> None:
    one = await floor.open("one")
    await floor.round()
    made = await floor.live(one)
    assert await answer(floor, str(made.call), made.nth, made.person + 1) == OfferPassed("unknown")
    assert await states(floor) == {"offered": 1}


async def test_accepting_against_the_customers_cancelling_ends_one_way_for_both(floor: Floor) -> None:
    start = floor.now + timedelta(minutes=30)
    bookings = [await floor.book(f"booked{nth}", start) for nth in range(4)]
    floor.now = start - timedelta(minutes=5)
    await floor.come_on("Freja Holm", "Lukas Weber", "Noor Haddad", "Miguel Torres", "Anna Schmidt")
    await floor.round()

    async def cancel(escalation_id: str) -> None:
        async with floor.engine.begin() as conn:
            await booking.cancel(conn, escalation_id, floor.now)

    for nth, one in enumerate(bookings):
        made = await floor.live(one)
        accepting = answer(floor, str(made.call), made.nth, made.person)
        if nth == 0:
            await cancel(one)
            assert await accepting == OfferPassed("withdrawn")
        else:
            await asyncio.gather(cancel(one), accepting)
    # Cancelled all of them, before or after they were taken: nobody is left busy, no seat is left sold.
    assert set(await states(floor)) == {"withdrawn"}
    left = await floor.one(text("SELECT count(*) FILTER (WHERE state = 'sold') AS sold FROM booking"))
    assert left.sold == 0
    assert (await floor.one(text("SELECT count(*) AS seats FROM witness"))).seats == 0
