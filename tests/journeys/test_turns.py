"""The turns a life can take: nobody comes, nobody takes it, it is moved, cancelled, withdrawn."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Select, select
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from activities.errors import from_application_error
from activities.messages import BookSlot, CancelBooking, MoveBooking, Nudge, Withdraw
from database.stores.call import note_alone
from database.stores.rounds import answers
from database.tables.customer_link import customer_link
from database.tables.muster import offer
from domain.booking import SlotRefused, SlotTaken, TooLate
from domain.customer_link import LinkUsed
from domain.escalation import Mode
from domain.failure import Failure
from domain.offer import OfferPassed
from tests.journeys.desk import Desk
from workflows.escalation import EscalationWorkflow

SUPPORT = ("Anna Schmidt", "Miguel Torres", "Freja Holm", "Lukas Weber", "Noor Haddad")


async def refused(desk: Desk, one: str, update: Any, message: object) -> Failure:
    with pytest.raises(WorkflowUpdateFailedError) as caught:
        await desk.workflow(one).execute_update(update, message)
    assert isinstance(caught.value.cause, ApplicationError)
    failure = from_application_error(caught.value.cause)
    assert failure is not None
    return failure


async def booked_call(desk: Desk, ticket: str = "1") -> tuple[str, datetime, str]:
    one = (await desk.open(ticket=ticket)).escalation_id
    start = next(start for start in await desk.free(one) if start - desk.now > timedelta(hours=3))
    return one, start, (await desk.book(one, start)).call.call_id


async def test_a_link_that_nobody_uses_is_nudged_and_dies(desk: Desk) -> None:
    one = (await desk.open()).escalation_id
    await desk.push(one, timedelta(days=3, minutes=1))
    assert (await desk.told(one))[-1] == "invitation_again"
    await desk.push(one, timedelta(days=2))
    assert await desk.workflow(one).result() == "link_expired"
    assert await desk.standing(one) == ("closed", "link_expired")


async def test_the_same_ticket_is_the_same_escalation_while_its_call_is_to_come(desk: Desk) -> None:
    first, second = await desk.open(ticket="7"), await desk.open(ticket="7")
    assert (first.escalation_id, True) == (second.escalation_id, not second.created)
    order = Withdraw("person:1")
    await desk.workflow(first.escalation_id).execute_update(EscalationWorkflow.withdraw, order)
    assert (await desk.open(ticket="7")).created


async def test_a_link_books_one_call_and_says_so(desk: Desk) -> None:
    one, start, call_id = await booked_call(desk)
    again = await desk.book(one, start)
    assert again.call.call_id == call_id
    link = await desk.one(_links(one))
    other = await refused(desk, one, EscalationWorkflow.book, BookSlot(link.id, start + timedelta(minutes=20)))
    assert other == LinkUsed(start)


async def test_a_start_that_is_not_offered_says_why(desk: Desk) -> None:
    one = (await desk.open()).escalation_id
    link = await desk.one(_links(one))
    free = await desk.free(one)
    off_grid = await refused(desk, one, EscalationWorkflow.book, BookSlot(link.id, free[0] + timedelta(minutes=7)))
    assert isinstance(off_grid, SlotRefused)
    assert off_grid.reason == "no call starts at that minute"
    past = await refused(desk, one, EscalationWorkflow.book, BookSlot(link.id, desk.now - timedelta(days=1)))
    assert isinstance(past, SlotRefused)
    assert past.reason == "it is in the past"


async def test_a_seat_is_sold_as_often_as_it_can_be_served(desk: Desk) -> None:
    first = (await desk.open(ticket="first")).escalation_id
    start = (await desk.free(first))[0]
    await desk.book(first, start)
    for ticket in range(len(SUPPORT) - 1):
        one = (await desk.open(ticket=str(ticket))).escalation_id
        await desk.book(one, start)
    late = (await desk.open(ticket="late")).escalation_id
    link = await desk.one(_links(late))
    assert await refused(desk, late, EscalationWorkflow.book, BookSlot(link.id, start)) == SlotTaken(start)
    assert start not in await desk.free(late)


async def test_a_moved_call_is_reminded_anew_and_can_be_cancelled(desk: Desk) -> None:
    one, start, call_id = await booked_call(desk)
    later = next(other for other in await desk.free(one) if other - start >= timedelta(hours=2))
    moved = await desk.workflow(one).execute_update(EscalationWorkflow.move, MoveBooking(later))
    assert (moved.call.call_id, moved.call.starts_at) == (call_id, later)
    assert start in await desk.free(one)
    await desk.push(one, later - desk.now - timedelta(minutes=59))
    assert await desk.told(one) == ["invitation", "confirmation", "moved", "reminder"]
    await desk.workflow(one).execute_update(EscalationWorkflow.cancel, CancelBooking())
    assert await desk.workflow(one).result() == "cancelled"
    assert (await desk.told(one))[-1] == "cancelled"


async def test_it_is_too_late_to_move_once_the_search_has_begun(desk: Desk) -> None:
    one, start, _ = await booked_call(desk)
    await desk.push(one, start - desk.now - timedelta(minutes=4))
    later = (await desk.free(one))[-1]
    assert isinstance(await refused(desk, one, EscalationWorkflow.move, MoveBooking(later)), TooLate)


async def test_a_declined_call_goes_to_the_next_and_an_offer_runs_out(desk: Desk) -> None:
    one = (await desk.open(mode=Mode.NOW)).escalation_id
    await desk.come_on("Freja Holm", "Lukas Weber")
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
    await desk.come_on("Noor Haddad")
    await desk.round()
    assert await desk.accept() == "Noor Haddad"
    assert await desk.standing(one) == ("accepted", None)


async def test_nobody_available_is_an_outcome_with_a_priority_link(desk: Desk) -> None:
    one = (await desk.open(mode=Mode.NOW)).escalation_id
    await desk.come_on()
    await desk.round()
    desk.offset += timedelta(minutes=10, seconds=1)
    await desk.round()
    assert (await desk.timeline(one))[-1] == "exhausted"
    await desk.relay()
    await desk.push(one, timedelta(seconds=5))
    assert await desk.standing(one) == ("invited", None)
    assert [kind for kind in await desk.told(one) if kind == "nobody_available"] == ["nobody_available"]
    soon = (await desk.free(one))[0]
    assert soon - desk.now < timedelta(days=4)
    await desk.book(one, soon)
    assert await desk.standing(one) == ("booked", None)
    assert (await desk.call_of(one)).priority >= 1000


async def test_the_pool_widens_when_nobody_takes_the_call(desk: Desk) -> None:
    one = (await desk.open(mode=Mode.NOW, tags=["safety"])).escalation_id
    await desk.come_on("Miguel Torres", "Freja Holm")
    await desk.round()
    engineer = await desk.live_offer()
    assert engineer.person == await desk.person("Miguel Torres")
    async with desk.engine.begin() as conn:
        await answers.decline(conn, str(engineer.call), engineer.nth, engineer.person, desk.now)
    await desk.round()
    assert (await desk.live_offer()).person == await desk.person("Freja Holm")
    assert "step_taken" in await desk.timeline(one)


async def test_an_agent_who_does_not_come_is_replaced(desk: Desk) -> None:
    one = (await desk.open(mode=Mode.NOW)).escalation_id
    await desk.come_on("Freja Holm")
    await desk.round()
    assert await desk.accept() == "Freja Holm"
    await desk.join((await desk.call_of(one)).id, "customer")
    await desk.push(one, timedelta(minutes=2, seconds=5))
    assert "agent_missed" in await desk.timeline(one)
    await desk.come_on("Freja Holm", "Lukas Weber")
    await desk.round()
    assert await desk.accept() == "Lukas Weber"


async def test_a_customer_who_does_not_come_is_called_for_and_gets_a_fresh_link(desk: Desk) -> None:
    one = (await desk.open(mode=Mode.NOW)).escalation_id
    await desk.come_on("Freja Holm")
    await desk.round()
    await desk.accept()
    await desk.join((await desk.call_of(one)).id, "agent")
    await desk.push(one, timedelta(minutes=7))
    assert (await desk.told(one)).count("customer_called_for") == 2
    await desk.push(one, timedelta(minutes=4))
    assert (await desk.told(one))[-1] == "customer_missed"
    assert await desk.standing(one) == ("invited", None)
    kept = select(offer.c.state).where(offer.c.state.in_(["offered", "accepted"]))
    async with desk.engine.connect() as conn:
        assert (await conn.execute(kept)).all() == []


async def test_a_desk_that_falls_silent_loses_its_call_to_another(desk: Desk) -> None:
    one = (await desk.open(mode=Mode.NOW)).escalation_id
    await desk.come_on("Freja Holm")
    await desk.round()
    await desk.accept()
    desk.offset += timedelta(seconds=25)
    await desk.round()
    assert "agent_vanished" in await desk.timeline(one)
    await desk.come_on("Lukas Weber")
    await desk.round()
    assert await desk.accept() == "Lukas Weber"


async def test_the_net_catches_what_nobody_was_told(desk: Desk) -> None:
    one = (await desk.open(mode=Mode.NOW)).escalation_id
    await desk.come_on("Freja Holm")
    await desk.round()
    await desk.accept_untold()
    await desk.push(one, timedelta(seconds=80))
    await desk.join((await desk.call_of(one)).id, "agent")
    await desk.push(one, timedelta(minutes=2))
    assert "agent_missed" not in await desk.timeline(one)


async def test_ops_push_and_withdraw(desk: Desk) -> None:
    one, _, _ = await booked_call(desk)
    said = await desk.workflow(one).execute_update(EscalationWorkflow.nudge, Nudge("person:1"))
    assert said == "Looked at the rows: the call is waiting."
    order = Withdraw("person:1", "ticket_solved")
    await desk.workflow(one).execute_update(EscalationWorkflow.withdraw, order)
    assert await desk.workflow(one).result() == "ticket_solved"
    assert (await desk.told(one))[-1] == "withdrawn"
    assert await desk.standing(one) == ("closed", "ticket_solved")


async def test_a_call_that_nobody_wraps_up_ends_by_itself_and_its_survey_ends(desk: Desk) -> None:
    one = (await desk.open(mode=Mode.NOW)).escalation_id
    await desk.come_on("Freja Holm")
    await desk.round()
    await desk.accept()
    call_id = (await desk.call_of(one)).id
    await desk.join(call_id, "customer")
    await desk.join(call_id, "agent")
    await desk.push(one, timedelta(hours=4, minutes=40))
    assert await desk.standing(one) == ("rating", "not_recorded")
    await desk.push(one, timedelta(hours=1))
    await desk.push(one, timedelta(days=2, minutes=1))
    assert (await desk.told(one))[-2:] == ["survey", "survey_again"]
    await desk.push(one, timedelta(days=30))
    assert await desk.workflow(one).result() == "held"
    assert await desk.standing(one) == ("closed", "not_recorded")


def _links(one: str) -> Select[Any]:
    return select(customer_link).where(customer_link.c.escalation == one)


async def test_an_agent_who_vanishes_midway_is_replaced_and_the_call_goes_on(desk: Desk) -> None:
    one = (await desk.open(mode=Mode.NOW)).escalation_id
    await desk.come_on("Freja Holm")
    await desk.round()
    await desk.accept()
    call_id = (await desk.call_of(one)).id
    await desk.join(call_id, "customer")
    await desk.join(call_id, "agent")
    await desk.push(one, timedelta(minutes=3))
    await desk.come_on("Lukas Weber")
    async with desk.engine.begin() as conn:
        await note_alone(conn, call_id, desk.now)
    await desk.round()
    await desk.relay()
    assert await desk.accept() == "Lukas Weber"
    await desk.push(one, timedelta(minutes=1))
    assert "agent_missed" not in await desk.timeline(one)
    await desk.join(call_id, "agent")
    assert await desk.standing(one) == ("on_call", None)
    await desk.push(one, timedelta(hours=5))
    assert await desk.standing(one) == ("rating", "not_recorded")
    assert (await desk.call_of(one)).attribution["person_name"] == "Lukas Weber"


async def test_nobody_in_place_of_an_agent_who_vanished_midway_is_told_as_such(desk: Desk) -> None:
    one = (await desk.open(mode=Mode.NOW)).escalation_id
    await desk.come_on("Freja Holm")
    await desk.round()
    await desk.accept()
    call_id = (await desk.call_of(one)).id
    for side in ("customer", "agent"):
        await desk.join(call_id, side)
    await desk.come_on()
    async with desk.engine.begin() as conn:
        await note_alone(conn, call_id, desk.now)
    await desk.round()
    desk.offset += timedelta(minutes=10, seconds=1)
    await desk.round()
    await desk.relay()
    await desk.push(one, timedelta(seconds=5))
    assert "nobody_available" in await desk.told(one)
    assert await desk.standing(one) == ("invited", None)
