"""Answers to an offer that are repeated, late, from two windows, or after the customer's cancellation."""

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
    floor = Floor(database)
    await floor.furnish()
    await floor.come_on("Freja Holm")
    return floor


async def answer(floor: Floor, call: str, nth: int, person: int) -> Acceptance | OfferPassed:
    async with floor.engine.begin() as conn:
        try:
            return await answers.accept(conn, call, nth, person, floor.tokens, floor.now)
        except OfferPassed as passed:
            return passed


async def states(floor: Floor) -> Counter[str]:
    async with floor.engine.connect() as conn:
        return Counter((await conn.execute(select(offer.c.state))).scalars())


async def test_accepting_from_two_windows_at_the_same_time_counts_once(floor: Floor) -> None:
    one = await floor.open("one")
    await floor.round()
    made = await floor.live(one)
    results = await asyncio.gather(*(answer(floor, str(made.call), made.nth, made.person) for _ in range(6)))
    assert all(isinstance(result, Acceptance) for result in results)
    assert Counter(result.again for result in results if isinstance(result, Acceptance)) == {False: 1, True: 5}
    assert (await floor.timeline(one)).count("accepted") == 1


async def test_accepting_an_expired_offer_is_too_late_with_or_without_a_round_in_between(floor: Floor) -> None:
    one = await floor.open("one")
    await floor.round()
    made = await floor.live(one)
    floor.now = made.expires_at
    assert await answer(floor, str(made.call), made.nth, made.person) == OfferPassed("expired")
    await floor.beat("Freja Holm", "Lukas Weber")
    await floor.round()
    assert await answer(floor, str(made.call), made.nth, made.person) == OfferPassed("expired")
    assert await floor.offered() == {"one": "Lukas Weber"}


async def test_accepting_somebody_elses_offer_is_refused(floor: Floor) -> None:
    one = await floor.open("one")
    await floor.round()
    made = await floor.live(one)
    assert await answer(floor, str(made.call), made.nth, made.person + 1) == OfferPassed("unknown")
    assert await states(floor) == {"offered": 1}


async def test_accepting_while_the_customer_cancels_ends_in_a_cancellation(floor: Floor) -> None:
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
    # All are cancelled, before or after they were accepted: nobody stays busy, and no seat stays sold.
    assert set(await states(floor)) == {"withdrawn"}
    bookings_left = await floor.one(text("SELECT count(*) FILTER (WHERE state = 'sold') AS sold FROM booking"))
    assert bookings_left.sold == 0
    assert (await floor.one(text("SELECT count(*) AS seats FROM witness"))).seats == 0
