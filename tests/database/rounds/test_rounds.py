"""Rounds on real rows: who is asked, who isn't, and why."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores.call import note_alone
from database.stores.directory.agent_states import read_colleagues
from database.stores.directory.read import read_directory
from database.stores.seats.occupancy import set_occupancy_limit, team_occupancy
from database.tables.customer_link import join_link
from database.tables.muster import call, offer, rating
from domain.ids import LIVE_CHANNEL, token_hash
from tests.database.rounds.round_floor import Floor


def about(area: str) -> dict[str, Any]:
    return {"product area": area}


ENGINE, BILLING, HULL = map(about, ("engine", "billing", "hull"))
MATES = ("Freja Holm", "Lukas Weber")


@pytest.fixture
def floor(database: AsyncEngine) -> Floor:
    return Floor(database)


async def test_a_person_goes_to_the_call_that_nobody_else_can_take(floor: Floor) -> None:
    """A greedy choice would give the only engineer to the first call; the round doesn't."""
    await floor.furnish(rules='rule "Engines"\n  when product area is engine\n  send to title "Marine Engineer"')
    await floor.come_on("Miguel Torres", "Freja Holm")
    await floor.had_calls("Freja Holm", (90, 60))
    await floor.open("any")
    engine = await floor.open("engine", **ENGINE)
    await floor.round()
    assert await floor.offered() == {"any": "Freja Holm", "engine": "Miguel Torres"}
    why = await floor.why(engine)
    assert why["considered"] == []
    assert why["values"] == ["least busy: 0 minutes in the last 4 hours"]


async def test_the_offer_says_who_else_could_have_been_asked_and_why_they_were_not(floor: Floor) -> None:
    await floor.furnish()
    await floor.come_on(*MATES, "Noor Haddad")
    await floor.had_calls("Freja Holm", (90, 60))
    one = await floor.open("one")
    await floor.beat("Noor Haddad", state="away")
    await floor.round()
    why = await floor.why(one)
    assert await floor.offered() == {"one": "Lukas Weber"}
    assert why["considered"] == [
        {
            "person": await floor.person("Freja Holm"),
            "name": "Freja Holm",
            "values": ["least busy: 30 minutes in the last 4 hours"],
            "after": "by least busy",
        }
    ]
    assert {other["name"]: other["clause"] for other in why["excluded"]}["Noor Haddad"] == "away"
    assert (why["pool"], why["step"], why["against"]) == ('team "Support"', 0, [])


async def test_among_equals_a_booked_call_goes_first_and_an_urgent_call_before_both(floor: Floor) -> None:
    await floor.furnish()
    start = floor.now + timedelta(minutes=30)
    booked = await floor.book("booked", start)
    floor.later(minutes=20)
    await floor.open("now")
    floor.later(minutes=5)
    await floor.come_on("Freja Holm")
    await floor.round()
    assert await floor.offered() == {"booked": "Freja Holm"}
    await floor.decline(booked)
    await floor.open("urgent", priority="urgent")
    await floor.round()
    assert await floor.offered() == {"urgent": "Freja Holm"}


async def test_a_customer_who_waits_in_the_room_goes_before_others(floor: Floor) -> None:
    await floor.furnish()
    await floor.open("first", priority="urgent")
    waits = await floor.open("waits")
    await floor.join(waits, "customer")
    await floor.come_on("Freja Holm")
    await floor.round()
    assert await floor.offered() == {"waits": "Freja Holm"}


async def test_people_needed_for_a_sold_seat_are_asked_last(floor: Floor) -> None:
    await floor.furnish(rules='rule "Engines"\n  when product area is engine\n  send to title "Marine Engineer"')
    start = floor.now + timedelta(minutes=15)
    engineers = ("Anna Schmidt", "Miguel Torres")
    await floor.come_on(*engineers, *MATES)
    for nth in range(2):
        await floor.book(f"booked{nth}", start, **ENGINE)
    for name in MATES:
        await floor.had_calls(name, (120, 90))
    await floor.open("now")
    await floor.round()
    # The engineers have been idle longer, but both are needed in a quarter of an hour.
    assert (await floor.offered())["now"] in MATES
    await floor.come_on(*engineers)
    await floor.beat("Freja Holm", state="away")
    second = await floor.open("second")
    await floor.round()
    assert (await floor.offered())["second"] in engineers
    assert (await floor.why(second))["against"] == ["needed for a booked call at that time"]


@pytest.mark.parametrize(
    ("order", "first", "scores"),
    [
        ("best CSAT on this product area", "Lukas Weber", ("4.00", "3.50")),
        ("best CSAT", "Freja Holm", ("3.71", "3.50")),
    ],
)
async def test_best_csat_is_followed(floor: Floor, order: str, first: str, scores: tuple[str, str]) -> None:
    await floor.furnish(rules='rule "Hull"\n  when product area is hull\n  send to team "Support"\n'
                        f"  order by {order}")  # fmt: skip
    await floor.come_on(*MATES)
    for name, area, score in (("Freja Holm", "hull", 1), ("Freja Holm", "engine", 5), ("Lukas Weber", "engine", 1)):
        past = await floor.open(f"rated-{name[0]}-{area}", **about(area))
        async with floor.engine.begin() as conn:
            done = {"state": "done", "person": await floor.person(name), "accepted_at": floor.now - timedelta(days=9)}
            past_call = update(call).where(call.c.escalation == past).values(done).returning(call.c.id)
            call_id = (await conn.execute(past_call)).scalar_one()
            row = {"call": call_id, "escalation": past, "score": score, "comment": "", "at": floor.now}
            await conn.execute(insert(rating).values(row))
    one = await floor.open("one", **HULL)
    await floor.round()
    assert await floor.offered() == {"one": first}
    why = await floor.why(one)
    assert why["values"] == [f"{order}: {scores[0]}"]
    assert why["considered"][0]["values"] == [f"{order}: {scores[1]}"]


async def test_calls_are_accepted_automatically_if_the_rules_say_so(floor: Floor) -> None:
    await floor.furnish(calls="accept automatically")
    await floor.come_on("Freja Holm")
    one = await floor.open("one")
    url = floor.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as live:
        await live.execute(f"LISTEN {LIVE_CHANNEL}")
        await floor.round()
        payloads = {notify.payload async for notify in live.notifies(timeout=5, stop_after=2)}
    assert f"person:{await floor.person('Freja Holm')}" in payloads, "her desk is notified"
    due, made = await floor.call_of(one), await floor.live(one)
    assert (due.state, made.state, due.attribution["person_name"]) == ("taken", "accepted", "Freja Holm")
    link = token_hash(floor.tokens.agent_join(str(due.id), made.nth))
    assert (await floor.one(select(join_link).where(join_link.c.token_hash == link))).person == due.person
    assert (await floor.timeline(one))[-2:] == ["offered", "accepted"]
    await floor.join(one, "customer")
    await floor.join(one, "agent")
    assert (await floor.call_of(one)).state == "on_call"


async def test_a_wrap_up_beyond_its_time_limit_frees_its_person(floor: Floor) -> None:
    await floor.furnish()
    await floor.come_on("Freja Holm")
    one = await floor.open("one")
    await floor.round()
    await floor.accept(one)
    for side in ("customer", "agent"):
        await floor.join(one, side)
    floor.later(minutes=10)
    await floor.hang_up(one)
    await floor.open("two")
    floor.later(minutes=4, seconds=59)
    await floor.beat("Freja Holm")
    await floor.round()
    assert "two" not in await floor.offered()
    floor.later(seconds=1)
    await floor.round()
    assert (await floor.offered())["two"] == "Freja Holm"
    assert (await floor.call_of(one)).state == "wrapping_up"


async def on_call(floor: Floor) -> str:
    one = await floor.open("one")
    await floor.come_on("Freja Holm")
    await floor.round()
    await floor.accept(one)
    for side in ("customer", "agent"):
        await floor.join(one, side)
    return one


async def alone(floor: Floor, escalation_id: str) -> None:
    async with floor.engine.begin() as conn:
        await note_alone(conn, str((await floor.call_of(escalation_id)).id), floor.now)


async def test_a_desk_silent_during_a_call_keeps_it_until_the_customer_reports_being_alone(floor: Floor) -> None:
    await floor.furnish()
    one = await on_call(floor)
    floor.later(minutes=5)
    await floor.beat("Lukas Weber")
    await floor.open("urgent", priority="urgent")
    assert (await floor.round()) is not None
    assert (await floor.call_of(one)).state == "on_call"
    await floor.decline((await floor.one(text("SELECT id FROM escalation WHERE ticket_id = 'urgent'"))).id)
    await alone(floor, one)
    await floor.open("later", priority="urgent")
    await floor.round()
    # Its priority is raised and the customer is there, so it comes before everything urgent.
    assert (await floor.offered())["one"] == "Lukas Weber"
    await floor.accept(one)
    await floor.join(one, "agent")
    assert (await floor.call_of(one)).state == "on_call"
    events = await floor.timeline(one)
    assert events.count("call_began") == 2
    assert events.index("customer_alone") < events.index("agent_vanished")


async def test_an_agent_at_their_desk_who_comes_back_keeps_the_call(floor: Floor) -> None:
    await floor.furnish()
    one = await on_call(floor)
    for comes_back in (True, False):
        await alone(floor, one)
        floor.later(seconds=29)
        await floor.beat("Freja Holm", "Lukas Weber")
        await floor.round()
        assert (await floor.live(one)).person == await floor.person("Freja Holm")
        if comes_back:
            await floor.join(one, "agent")
            floor.later(seconds=10)
            assert (await floor.call_of(one)).alone_at is None
    floor.later(seconds=1)
    await floor.round()
    await floor.round()
    # An agent who was at their desk and didn't come back is not asked for this call again.
    assert (await floor.offered())["one"] == "Lukas Weber"


async def test_a_call_that_runs_over_starts_the_next_search_early_and_its_customer_is_notified(floor: Floor) -> None:
    await floor.furnish(rules='rule "Invoices"\n  when product area is billing\n  send to team "Office"')
    start = floor.now + timedelta(minutes=40)
    clerk = await floor.one(text("SELECT p.name FROM person p JOIN team t ON t.id = p.team WHERE t.name = 'Office'"))
    booked = await floor.book("booked", start, **BILLING)
    await floor.come_on(clerk.name)
    running = await floor.open("running", **BILLING)
    await floor.round()
    await floor.accept(running)
    for side in ("customer", "agent"):
        await floor.join(running, side)
    floor.now = start - timedelta(minutes=9)
    await floor.beat(clerk.name)
    assert await floor.look_ahead() == 0, "the running call should be over by then"
    floor.now = start - timedelta(minutes=4, seconds=30)
    await floor.beat(clerk.name)
    assert await floor.look_ahead() == 1, "it runs over, and nobody else is there"
    assert (await floor.call_of(booked)).muster_at <= floor.now
    assert "running_late" not in await floor.letters(booked)
    floor.now = start - timedelta(minutes=3, seconds=59)
    for _ in range(2):
        assert await floor.look_ahead() == 1
    assert (await floor.letters(booked)).count("running_late") == 1
    assert (await floor.timeline(booked)).count("told_late") == 1
    await floor.hang_up(running)
    floor.later(minutes=1)
    await floor.beat(clerk.name)
    assert await floor.look_ahead() == 1, "the wrap-up also takes time"


async def test_the_search_for_a_late_call_starts_before_its_own_time(floor: Floor) -> None:
    await floor.furnish(rules='rule "Invoices"\n  when product area is billing\n  send to team "Office"')
    start = floor.now + timedelta(minutes=30)
    clerk = await floor.one(text("SELECT p.name FROM person p JOIN team t ON t.id = p.team WHERE t.name = 'Office'"))
    booked = await floor.book("booked", start, **BILLING)
    floor.now = start - timedelta(minutes=9)
    assert (await floor.call_of(booked)).muster_at > floor.now
    assert await floor.look_ahead() == 0, "nobody is there at all, so an early search would not help"
    await floor.come_on(clerk.name)
    assert await floor.look_ahead() == 0
    running = await floor.open("running", **BILLING)
    await floor.round()
    await floor.accept(running)
    assert await floor.look_ahead() == 1
    assert (await floor.call_of(booked)).muster_at == floor.now
    assert (await floor.timeline(booked))[-1] == "muster_early"
    await floor.round()
    assert "muster_began" in await floor.timeline(booked)


async def test_a_place_in_line_is_shown_and_a_worse_one_is_announced(floor: Floor) -> None:
    await floor.furnish()
    await floor.come_on("Freja Holm")
    for ticket in ("one", "two", "three"):
        last = await floor.open(ticket)
        floor.later(seconds=1)
    await floor.open("bill", **BILLING)
    await floor.round()
    places = {"two": 1, "three": 2}
    for ticket, place in places.items():
        row = await floor.one(text(f"SELECT id FROM escalation WHERE ticket_id = '{ticket}'"))
        assert (await floor.call_of(row.id)).place == place
    assert (await floor.call_of(last)).put_back_at is None
    floor.later(seconds=5)
    await floor.open("urgent", priority="urgent")
    await floor.round()
    moved = await floor.call_of(last)
    assert (moved.place, moved.put_back_at, moved.estimate) == (3, floor.now, "longer")


async def test_people_above_the_occupancy_limit_are_skipped_and_the_team_has_a_gap(floor: Floor) -> None:
    await floor.furnish()
    began = floor.now - timedelta(hours=4)
    for name in MATES:
        await floor.shift_of(name, began, floor.now + timedelta(hours=4))
    await floor.had_calls("Freja Holm", (235, 125), (120, 15))
    await floor.had_calls("Lukas Weber", (60, 30))
    await floor.come_on(*MATES)
    one = await floor.open("one")
    await floor.round()
    clause = "has been busy for 89 % of their time; above 85 % a person is skipped"
    assert {"person": await floor.person("Freja Holm"), "name": "Freja Holm", "clause": clause} in (
        await floor.why(one)
    )["excluded"]
    async with floor.engine.begin() as conn:
        (team,) = (await team_occupancy(conn, floor.now)).values()
        assert team.skipped == {await floor.person("Freja Holm")}
        assert (team.on_duty, team.busy_percent) == (2, 50)
        assert team.staffing_gap == 0.6
        await set_occupancy_limit(conn, 1, 95)
        (team,) = (await team_occupancy(conn, floor.now)).values()
        assert team.staffing_gap == 0
    await floor.open("two")
    await floor.round()
    assert (await floor.offered())["two"] == "Freja Holm"


async def test_presence_that_flaps_every_second_keeps_the_offer(floor: Floor) -> None:
    await floor.furnish()
    await floor.come_on("Freja Holm")
    one = await floor.open("one")
    for second in range(40):
        floor.later(seconds=1)
        await floor.beat("Freja Holm", state="available" if second % 2 else "away")
        await floor.round()
    async with floor.engine.connect() as conn:
        made = (await conn.execute(select(offer.c.nth, offer.c.state))).all()
    assert made == [(1, "offered")]
    await floor.accept(one)
    assert (await floor.call_of(one)).state == "taken"


async def test_a_declined_call_is_not_offered_to_the_same_person_again(floor: Floor) -> None:
    await floor.furnish()
    await floor.come_on("Freja Holm")
    one = await floor.open("one")
    await floor.round()
    await floor.decline(one)
    for _ in range(3):
        floor.later(seconds=2)
        await floor.beat("Freja Holm")
        await floor.round()
    assert await floor.offered() == {}


async def test_a_shift_includes_lunch_and_an_unwritten_wrap_up_counts_up_to_its_time_limit(floor: Floor) -> None:
    await floor.furnish()
    freja = await floor.person("Freja Holm")
    lunch, now = floor.now - timedelta(minutes=30), floor.now
    await floor.shift_of("Freja Holm", lunch, now + timedelta(hours=4))
    async with floor.engine.begin() as conn:
        whole = (
            "UPDATE shift SET works = tstzrange(lower(during) - interval '5 hours', upper(during)) WHERE person = :p"
        )
        await conn.execute(text(whole), {"p": freja})
    await floor.had_calls("Freja Holm", (120, 60))
    wrapping = await floor.open("wrapping")
    async with floor.engine.begin() as conn:
        ended = {"state": "wrapping_up", "person": freja, "accepted_at": now - timedelta(minutes=30)}
        its_call = update(call).where(call.c.escalation == wrapping)
        await conn.execute(its_call.values(ended | {"ended_at": now - timedelta(minutes=20)}))
    async with floor.engine.connect() as conn:
        directory = await read_directory(conn)
        colleague = (await read_colleagues(conn, directory, now))[freja]
    assert colleague.shift == (lunch - timedelta(hours=5), now + timedelta(hours=4))
    # A call of an hour before lunch, then ten minutes of call and five of wrap-up.
    assert colleague.busy_in_shift == timedelta(minutes=75)
    assert colleague.occupancy(now) == 31


async def test_a_call_is_checked_for_lateness_from_its_muster_if_that_is_earlier(floor: Floor) -> None:
    rules = 'rule "Invoices"\n  when product area is billing\n  send to team "Office"\n'
    await floor.furnish(rules=rules + "  book slots of 60 minutes\n  prepare 20 minutes before")
    start = floor.now + timedelta(minutes=90)
    clerk = await floor.one(text("SELECT p.name FROM person p JOIN team t ON t.id = p.team WHERE t.name = 'Office'"))
    booked = await floor.book("booked", start, **BILLING)
    floor.now = start - timedelta(minutes=30)
    await floor.come_on(clerk.name)
    running = await floor.open("running", **BILLING)
    await floor.round()
    await floor.accept(running)
    for minutes, late in ((25, 0), (20, 1)):
        floor.now = start - timedelta(minutes=minutes)
        await floor.beat(clerk.name)
        assert await floor.look_ahead() == late, f"{minutes} minutes before"
    assert "muster_early" not in await floor.timeline(booked), "it had begun"


@pytest.mark.parametrize(("begins", "over"), [(timedelta(hours=8), True), (timedelta(minutes=2), False)])
async def test_at_night_a_call_now_offers_times_at_once(floor: Floor, begins: timedelta, over: bool) -> None:
    await floor.furnish(rules='rule "Engines"\n  when product area is engine\n  send to title "Marine Engineer"')
    await floor.come_on("Miguel Torres")
    for name in ("Anna Schmidt", "Miguel Torres"):
        await floor.shift_of(name, floor.now + begins, floor.now + begins + timedelta(hours=8))
    one = await floor.open("one", **ENGINE)
    await floor.round()
    assert ((await floor.call_of(one)).state == "unserved") == over
    assert ("exhausted" in await floor.timeline(one)) == over
