"""The courses an escalation can take: no-shows, nobody available, moved, cancelled, withdrawn."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from database.stores.call import note_alone
from database.stores.rounds import answers
from database.tables.muster import offer
from domain.booking import SlotRefused, SlotTaken, TooLate
from domain.customer_link import LinkUsed
from domain.escalation import Mode, Outcome
from domain.failure import Failure
from domain.offer import OfferPassed
from tests.journeys.desk import Desk

SUPPORT = ("Anna Schmidt", "Miguel Torres", "Freja Holm", "Lukas Weber", "Noor Haddad")


async def refused(command: Awaitable[Any]) -> Failure:
    """The failure that this command raises."""
    with pytest.raises(Failure) as caught:
        await command
    return caught.value


async def booked_call(desk: Desk, ticket: str = "1") -> tuple[str, datetime, str]:
    escalation_id = (await desk.open(ticket=ticket)).escalation_id
    start = next(start for start in await desk.free_starts(escalation_id) if start - desk.now > timedelta(hours=3))
    return escalation_id, start, (await desk.book(escalation_id, start)).call_id


async def test_an_unused_link_is_nudged_and_expires(desk: Desk) -> None:
    escalation_id = (await desk.open()).escalation_id
    await desk.advance(escalation_id, timedelta(days=3, minutes=1))
    assert (await desk.message_kinds(escalation_id))[-1] == "invitation_again"
    await desk.advance(escalation_id, timedelta(days=2))
    assert await desk.workflow(escalation_id).result() == "link_expired"
    assert await desk.state_of(escalation_id) == ("closed", "link_expired")


async def test_the_same_ticket_is_the_same_escalation_until_its_call(desk: Desk) -> None:
    first, second = await desk.open(ticket="7"), await desk.open(ticket="7")
    assert (first.escalation_id, True) == (second.escalation_id, not second.created)
    await desk.withdraw(first.escalation_id)
    assert (await desk.open(ticket="7")).created


async def test_a_used_link_books_nothing_else(desk: Desk) -> None:
    escalation_id, start, call_id = await booked_call(desk)
    again = await desk.book(escalation_id, start)
    assert again.call_id == call_id
    other = await refused(desk.book(escalation_id, start + timedelta(minutes=20)))
    assert other == LinkUsed(start)


async def test_a_start_that_is_not_offered_is_refused_with_the_reason(desk: Desk) -> None:
    escalation_id = (await desk.open()).escalation_id
    free = await desk.free_starts(escalation_id)
    off_grid = await refused(desk.book(escalation_id, free[0] + timedelta(minutes=7)))
    assert isinstance(off_grid, SlotRefused)
    assert off_grid.reason == "no call starts at that minute"
    past = await refused(desk.book(escalation_id, desk.now - timedelta(days=1)))
    assert isinstance(past, SlotRefused)
    assert past.reason == "it is in the past"


async def test_a_seat_is_sold_as_often_as_it_can_be_served(desk: Desk) -> None:
    first = (await desk.open(ticket="first")).escalation_id
    start = (await desk.free_starts(first))[0]
    await desk.book(first, start)
    for ticket in range(len(SUPPORT) - 1):
        escalation_id = (await desk.open(ticket=str(ticket))).escalation_id
        await desk.book(escalation_id, start)
    late = (await desk.open(ticket="late")).escalation_id
    assert await refused(desk.book(late, start)) == SlotTaken(start)
    assert start not in await desk.free_starts(late)


async def test_a_moved_call_has_new_reminders_and_can_be_cancelled(desk: Desk) -> None:
    escalation_id, start, call_id = await booked_call(desk)
    later = next(other for other in await desk.free_starts(escalation_id) if other - start >= timedelta(hours=2))
    moved = await desk.move(escalation_id, later)
    assert (moved.call_id, moved.starts_at) == (call_id, later)
    assert start in await desk.free_starts(escalation_id)
    await desk.advance(escalation_id, later - desk.now - timedelta(minutes=59))
    assert await desk.message_kinds(escalation_id) == ["invitation", "confirmation", "moved", "reminder"]
    await desk.cancel(escalation_id)
    assert await desk.workflow(escalation_id).result() == "cancelled"
    assert (await desk.message_kinds(escalation_id))[-1] == "cancelled"


async def test_it_is_too_late_to_move_once_the_search_has_begun(desk: Desk) -> None:
    escalation_id, start, _ = await booked_call(desk)
    await desk.advance(escalation_id, start - desk.now - timedelta(minutes=4))
    later = (await desk.free_starts(escalation_id))[-1]
    assert isinstance(await refused(desk.move(escalation_id, later)), TooLate)


async def test_a_declined_call_goes_to_the_next_person_and_an_offer_expires(desk: Desk) -> None:
    escalation_id = (await desk.open(mode=Mode.NOW)).escalation_id
    await desk.come_online("Freja Holm", "Lukas Weber")
    await desk.round()
    first = await desk.live_offer()
    async with desk.engine.begin() as conn:
        await answers.decline(conn, str(first.call), first.nth, first.person, desk.now)
    await desk.round()
    second = await desk.live_offer()
    assert second.person != first.person
    desk.offset += timedelta(seconds=46)
    async with desk.engine.begin() as conn:
        with pytest.raises(OfferPassed):
            await answers.accept(conn, str(second.call), second.nth, second.person, desk.tokens, desk.now)
    await desk.come_online("Noor Haddad")
    await desk.round()
    assert await desk.accept() == "Noor Haddad"
    assert await desk.state_of(escalation_id) == ("accepted", None)


async def test_nobody_available_is_an_outcome_with_a_priority_link(desk: Desk) -> None:
    escalation_id = (await desk.open(mode=Mode.NOW)).escalation_id
    await desk.come_online()
    await desk.round()
    desk.offset += timedelta(minutes=10, seconds=1)
    await desk.round()
    assert (await desk.timeline(escalation_id))[-1] == "exhausted"
    await desk.relay()
    await desk.advance(escalation_id, timedelta(seconds=5))
    assert await desk.state_of(escalation_id) == ("invited", None)
    assert [kind for kind in await desk.message_kinds(escalation_id) if kind == "nobody_available"] == [
        "nobody_available"
    ]
    soon = (await desk.free_starts(escalation_id))[0]
    assert soon - desk.now < timedelta(days=4)
    await desk.book(escalation_id, soon)
    assert await desk.state_of(escalation_id) == ("booked", None)
    assert (await desk.call_of(escalation_id)).priority >= 1000


async def test_the_pool_widens_when_nobody_takes_the_call(desk: Desk) -> None:
    escalation_id = (await desk.open(mode=Mode.NOW, tags=["safety"])).escalation_id
    await desk.come_online("Miguel Torres", "Freja Holm")
    await desk.round()
    engineer = await desk.live_offer()
    assert engineer.person == await desk.person("Miguel Torres")
    async with desk.engine.begin() as conn:
        await answers.decline(conn, str(engineer.call), engineer.nth, engineer.person, desk.now)
    await desk.round()
    assert (await desk.live_offer()).person == await desk.person("Freja Holm")
    assert "step_taken" in await desk.timeline(escalation_id)


async def test_an_agent_who_does_not_come_is_replaced(desk: Desk) -> None:
    escalation_id = (await desk.open(mode=Mode.NOW)).escalation_id
    await desk.come_online("Freja Holm")
    await desk.round()
    assert await desk.accept() == "Freja Holm"
    await desk.join((await desk.call_of(escalation_id)).id, "customer")
    await desk.advance(escalation_id, timedelta(minutes=2, seconds=5))
    assert "agent_missed" in await desk.timeline(escalation_id)
    await desk.come_online("Freja Holm", "Lukas Weber")
    await desk.round()
    assert await desk.accept() == "Lukas Weber"


async def test_a_customer_who_does_not_join_is_reminded_and_gets_a_new_link(desk: Desk) -> None:
    escalation_id = (await desk.open(mode=Mode.NOW)).escalation_id
    await desk.come_online("Freja Holm")
    await desk.round()
    await desk.accept()
    await desk.join((await desk.call_of(escalation_id)).id, "agent")
    await desk.advance(escalation_id, timedelta(minutes=7))
    assert (await desk.message_kinds(escalation_id)).count("customer_called_for") == 2
    await desk.advance(escalation_id, timedelta(minutes=4))
    assert (await desk.message_kinds(escalation_id))[-1] == "customer_missed"
    assert await desk.state_of(escalation_id) == ("invited", None)
    live = select(offer.c.state).where(offer.c.state.in_(["offered", "accepted"]))
    async with desk.engine.connect() as conn:
        assert (await conn.execute(live)).all() == []


async def test_a_vanished_agents_call_goes_to_another(desk: Desk) -> None:
    escalation_id = (await desk.open(mode=Mode.NOW)).escalation_id
    await desk.come_online("Freja Holm")
    await desk.round()
    await desk.accept()
    desk.offset += timedelta(seconds=25)
    await desk.round()
    assert "agent_vanished" in await desk.timeline(escalation_id)
    await desk.come_online("Lukas Weber")
    await desk.round()
    assert await desk.accept() == "Lukas Weber"


async def test_the_net_finds_an_acceptance_without_a_signal(desk: Desk) -> None:
    escalation_id = (await desk.open(mode=Mode.NOW)).escalation_id
    await desk.come_online("Freja Holm")
    await desk.round()
    await desk.accept_without_relay()
    await desk.advance(escalation_id, timedelta(seconds=80))
    await desk.join((await desk.call_of(escalation_id)).id, "agent")
    await desk.advance(escalation_id, timedelta(minutes=2))
    assert "agent_missed" not in await desk.timeline(escalation_id)


async def test_support_ops_nudge_and_withdraw(desk: Desk) -> None:
    escalation_id, _, _ = await booked_call(desk)
    assert (await desk.nudge(escalation_id)).endswith("The call is waiting.")
    await desk.withdraw(escalation_id, Outcome.TICKET_SOLVED)
    assert await desk.workflow(escalation_id).result() == "ticket_solved"
    assert (await desk.message_kinds(escalation_id))[-1] == "withdrawn"
    assert await desk.state_of(escalation_id) == ("closed", "ticket_solved")


async def test_a_call_without_a_wrap_up_is_closed_and_so_is_its_survey(desk: Desk) -> None:
    escalation_id = (await desk.open(mode=Mode.NOW)).escalation_id
    await desk.come_online("Freja Holm")
    await desk.round()
    await desk.accept()
    call_id = (await desk.call_of(escalation_id)).id
    await desk.join(call_id, "customer")
    await desk.join(call_id, "agent")
    await desk.advance(escalation_id, timedelta(hours=4, minutes=40))
    assert await desk.state_of(escalation_id) == ("rating", "not_recorded")
    await desk.advance(escalation_id, timedelta(hours=1))
    await desk.advance(escalation_id, timedelta(days=2, minutes=1))
    assert (await desk.message_kinds(escalation_id))[-2:] == ["survey", "survey_again"]
    await desk.advance(escalation_id, timedelta(days=30))
    assert await desk.workflow(escalation_id).result() == "held"
    assert await desk.state_of(escalation_id) == ("closed", "not_recorded")


async def test_an_agent_who_vanishes_during_the_call_is_replaced(desk: Desk) -> None:
    escalation_id = (await desk.open(mode=Mode.NOW)).escalation_id
    await desk.come_online("Freja Holm")
    await desk.round()
    await desk.accept()
    call_id = (await desk.call_of(escalation_id)).id
    await desk.join(call_id, "customer")
    await desk.join(call_id, "agent")
    await desk.advance(escalation_id, timedelta(minutes=3))
    await desk.come_online("Lukas Weber")
    async with desk.engine.begin() as conn:
        await note_alone(conn, call_id, desk.now)
    await desk.round()
    await desk.relay()
    assert await desk.accept() == "Lukas Weber"
    await desk.advance(escalation_id, timedelta(minutes=1))
    assert "agent_missed" not in await desk.timeline(escalation_id)
    await desk.join(call_id, "agent")
    assert await desk.state_of(escalation_id) == ("on_call", None)
    await desk.advance(escalation_id, timedelta(hours=5))
    assert await desk.state_of(escalation_id) == ("rating", "not_recorded")
    assert (await desk.call_of(escalation_id)).attribution["person_name"] == "Lukas Weber"


async def test_if_nobody_replaces_an_agent_who_vanished_the_customer_gets_a_new_link(desk: Desk) -> None:
    escalation_id = (await desk.open(mode=Mode.NOW)).escalation_id
    await desk.come_online("Freja Holm")
    await desk.round()
    await desk.accept()
    call_id = (await desk.call_of(escalation_id)).id
    for side in ("customer", "agent"):
        await desk.join(call_id, side)
    await desk.come_online()
    async with desk.engine.begin() as conn:
        await note_alone(conn, call_id, desk.now)
    await desk.round()
    desk.offset += timedelta(minutes=10, seconds=1)
    await desk.round()
    await desk.relay()
    await desk.advance(escalation_id, timedelta(seconds=5))
    assert "nobody_available" in await desk.message_kinds(escalation_id)
    assert await desk.state_of(escalation_id) == ("invited", None)
