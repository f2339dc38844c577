"""What a customer's link shows at each stage, from the booking to the end."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from domain.escalation import Mode
from tests.web.customers import caller, read_page, visitor
from tests.web.forms import form_to, forms_of
from tests.web.office import Office, office

__all__ = ["office"]


@pytest.mark.parametrize(
    ("changes", "says", "button"),
    [
        ("state = 'waiting'", "We are finding someone", "I am here"),
        ("state = 'offered'", "We are asking someone", "I am here"),
        ("state = 'taken', accepted_at = now()", "has taken your call", "Join now"),
        ("state = 'taken', agent_joined_at = now()", "is in the room", "Join now"),
        ("state = 'on_call'", "Your call has begun", "Join now"),
    ],
)
async def test_the_waiting_room_is_honest(office: Office, changes: str, says: str, button: str) -> None:
    mira = await caller(office)
    booked = await mira.book()
    await mira.call_becomes(booked, f"muster_at = now() - interval '1 second', {changes}")
    page = await read_page(office, mira.address)
    assert says in page
    assert button in page
    assert '<noscript><meta http-equiv="refresh"' in page
    assert f'hx-sse:connect="{mira.address}/stream"' in page
    assert ("data-called" in page) == (button == "Join now"), "title, icon and sound call them if they are waited for"


async def test_an_outage_is_named_while_it_lasts_and_afterwards(office: Office) -> None:
    mira = await caller(office, mode=Mode.NOW)
    await mira.run("INSERT INTO search_clock (ran_at) VALUES (now() - interval '1 minute')")
    page = await read_page(office, mira.address)
    assert "A fault on our side is holding up our search" in page
    assert "If nobody can take your call by" not in page, "nobody knows when"
    await mira.run("UPDATE search_clock SET ran_at = now()")
    assert "A fault on our side" not in await read_page(office, mira.address)
    await mira.run("UPDATE call SET interrupted_at = now(), search_began_at = now()")
    page = await read_page(office, mira.address)
    assert "We are finding someone" in page
    assert "A fault on our side held us up" in page
    await mira.run("UPDATE call SET state = 'offered'")
    assert "A fault on our side held us up" in await read_page(office, mira.address)


async def test_who_is_asked_and_who_does_not_come_are_named(office: Office) -> None:
    mira = await caller(office, mode=Mode.NOW)
    page = await read_page(office, mira.address)
    assert "<h1>Your call</h1>" in page
    await mira.run("UPDATE call SET state = 'offered', search_began_at = now()")
    await mira.run("INSERT INTO round (at, calls, offers, took_ms) VALUES (now(), 1, 1, 1)")
    await mira.run(
        "INSERT INTO offer (call, nth, person, round, state, why, made_at, expires_at) "
        "SELECT call.id, 1, person.id, round.id, 'offered', '{}', now(), now() + interval '1 minute' "
        "FROM call, round, person JOIN team ON team.id = person.team WHERE team.name = 'Office' LIMIT 1"
    )
    said = await read_page(office, mira.address)
    assert "We are asking someone from Office right now" in said
    assert "not coming after all" not in said
    await mira.run(
        "INSERT INTO escalation_event (escalation, seq, kind, body, actor, at) "
        "SELECT escalation, 99, 'accepted', jsonb_build_object('call_id', id), 'person:1', now() FROM call"
    )
    assert "The person who had taken your call is not coming after all" in await read_page(office, mira.address)


@pytest.mark.parametrize(
    ("link", "status", "says"),
    [
        ("state = 'expired'", 410, "This link has expired"),
        ("expires_at = now() - interval '1 second'", 410, "This link has expired"),
        ("state = 'replaced'", 410, "There is a newer link"),
    ],
)
async def test_an_expired_link_says_how_to_get_a_new_one(office: Office, link: str, status: int, says: str) -> None:
    mira = await caller(office)
    await mira.link_becomes(link)
    page = await read_page(office, mira.address, status)
    assert says in page
    assert "mailto:" in page
    assert [form.action for form in forms_of(page)] == ([f"{mira.address}/ask"] if "expire" in link else [])


@pytest.mark.parametrize(
    ("call", "says"),
    [("wrapping_up", "Your call is over"), ("done", "Your call is over"), ("unserved", "did not take place")],
)
async def test_a_call_that_is_over(office: Office, call: str, says: str) -> None:
    mira = await caller(office)
    booked = await mira.book()
    await mira.call_becomes(booked, f"state = '{call}'")
    assert says in await read_page(office, mira.address)


@pytest.mark.parametrize("outcome", ["cancelled", "withdrawn"])
async def test_a_withdrawn_call(office: Office, outcome: str) -> None:
    mira = await caller(office)
    booked = await mira.book()
    await mira.call_becomes(booked, "state = 'cancelled'")
    await mira.run(f"UPDATE escalation SET state = 'closed', outcome = '{outcome}'")
    said = "Your call is cancelled" if outcome == "cancelled" else "This call was called off"
    assert said in await read_page(office, mira.address)


@pytest.mark.parametrize(
    ("changes", "said", "unsaid"),
    [
        ("place = 1, estimate = 'moment'", ["You are next.", "We expect it to take a moment."], "urgent"),
        ("place = 2, estimate = 'minutes'", ["One call is ahead of yours.", "a few minutes."], "urgent"),
        (
            "place = 3, estimate = 'longer', put_back_at = now()",
            ["2 calls are ahead of yours.", "A more urgent call came in before yours.", "longer than a few minutes."],
            "You are next",
        ),
        ("place = 3, estimate = 'longer', put_back_at = now() - interval '4 minutes'", ["2 calls"], "urgent"),
        ("place = NULL", ["We are finding someone"], "calls are before"),
    ],
)
async def test_a_waiting_customer_sees_their_place_in_line(
    office: Office, changes: str, said: list[str], unsaid: str
) -> None:
    mira = await caller(office, mode=Mode.NOW)
    await mira.run(f"UPDATE call SET state = 'waiting', {changes}")
    page = await read_page(office, mira.address)
    for words in said:
        assert words in page
    assert unsaid not in page
    async with office.program() as program:
        call = (await program.get(f"/api/v1/escalations/{mira.escalation_id}")).json()["call"]
        assert call["place"] == (None if "NULL" in changes else int(changes[8]))
        await mira.run("UPDATE call SET state = 'offered'")
        call = (await program.get(f"/api/v1/escalations/{mira.escalation_id}")).json()["call"]
        assert (call["place"], call["estimate"]) == (None, None), "who is being asked for has no place in a line"


async def test_a_customer_is_told_in_advance_that_the_call_may_begin_late(office: Office) -> None:
    mira = await caller(office)
    booked = await mira.book()
    assert "may begin a few minutes late" not in await read_page(office, mira.address)
    await mira.call_becomes(booked, "told_late_at = now()")
    assert "It may begin a few minutes late" in await read_page(office, mira.address)


async def test_a_customer_alone_in_the_room_says_so_once(office: Office) -> None:
    mira = await caller(office, mode=Mode.NOW)
    await mira.run("UPDATE call SET state = 'on_call', person = 1, agent_joined_at = now(), customer_joined_at = now()")
    async with visitor(office.app) as client:
        form = form_to((await client.get(mira.address)).text, "/alone")
        as_a_scanner, as_a_person = form.buttons
        await client.post(form.action, data=form.fields | as_a_scanner)
        assert "Nobody is here" in (await client.get(mira.address)).text
        for _ in range(2):
            assert (await client.post(form.action, data=form.fields | as_a_person)).status_code == 303
    page = await read_page(office, mira.address)
    assert "We have called someone" in page
    assert "Nobody is here" not in page
    async with office.engine.connect() as conn:
        events = await conn.execute(text("SELECT count(*) FROM escalation_event WHERE kind = 'customer_alone'"))
        assert events.scalar_one() == 1
