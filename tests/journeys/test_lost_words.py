"""Answers that are lost after their effect stands, and facts that come late, twice or in the wrong order."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from sqlalchemy import select, text
from temporalio.client import WorkflowExecutionStatus

from activities.messages import BookSlot, Event, Happened, RateCall, RecordWrapUp, Withdraw
from database.stores import booking, muster
from database.stores.escalations import withdraw
from database.stores.journal.timeline import lock
from database.tables.customer_link import customer_link
from database.tables.escalation import escalation_event
from domain.deadlines import UPDATE
from domain.escalation import Kind, Mode, NotNow, Outcome
from tests.journeys.desk import Desk
from tests.journeys.test_turns import booked_call, refused
from workflows.escalation import EscalationWorkflow


async def facts(desk: Desk, one: str) -> list[Event]:
    query = select(escalation_event).where(escalation_event.c.escalation == one).order_by(escalation_event.c.seq)
    async with desk.engine.connect() as conn:
        return [Event(row.seq, row.kind, row.at, row.body) for row in await conn.execute(query)]


async def taken_by_freja(desk: Desk) -> str:
    one = (await desk.open(mode=Mode.NOW)).escalation_id
    await desk.come_on("Freja Holm")
    await desk.round()
    assert await desk.accept() == "Freja Holm"
    return one


async def nobody_for_a_booked_call(desk: Desk) -> tuple[str, int]:
    """A booked call that nobody took: the customer has another link. Returns the first link's id."""
    one, start, _ = await booked_call(desk)
    first = (await desk.one(select(customer_link.c.id).where(customer_link.c.escalation == one))).id
    await desk.push(one, start - desk.now - timedelta(minutes=4, seconds=57))
    await desk.come_on()
    await desk.round()
    desk.offset += timedelta(minutes=30)
    await desk.round()
    desk.offset -= timedelta(minutes=30)
    await desk.relay()
    await desk.push(one, timedelta(minutes=30))
    assert await desk.standing(one) == ("invited", None)
    return one, first


async def test_an_acceptance_is_not_lost_to_the_word_of_an_earlier_one(desk: Desk) -> None:
    one = (await desk.open(mode=Mode.NOW)).escalation_id
    await desk.come_on("Freja Holm")
    await desk.round()
    asked = await desk.live_offer()
    desk.offset += timedelta(seconds=1)
    await desk.come_on()
    await desk.round()
    desk.offset -= timedelta(seconds=1)
    assert asked.nth == 1
    await desk.come_on("Lukas Weber")
    await desk.round()
    await desk.accept_untold()
    told = [event for event in await facts(desk, one) if event.kind in (Kind.ACCEPTED, Kind.AGENT_VANISHED)]
    assert [event.kind for event in told] == ["agent_vanished", "accepted"]
    for event in reversed(told):
        await desk.workflow(one).signal(EscalationWorkflow.happened, Happened((event,)))
    await desk.push(one, timedelta(minutes=2, seconds=5))
    assert "agent_missed" in await desk.timeline(one)


async def test_the_second_to_take_a_call_has_as_long_to_come_as_the_first(desk: Desk) -> None:
    one = await taken_by_freja(desk)
    await desk.push(one, timedelta(seconds=60))
    await desk.come_on("Lukas Weber")
    await desk.round()
    await desk.round()
    assert await desk.accept() == "Lukas Weber"
    await desk.push(one, timedelta(seconds=90))
    assert "agent_missed" not in await desk.timeline(one)
    await desk.push(one, timedelta(seconds=40))
    assert (await desk.timeline(one)).count("agent_missed") == 1


async def test_a_person_is_replaced_once_however_often_it_is_asked(desk: Desk) -> None:
    one = await taken_by_freja(desk)
    call_id = str((await desk.call_of(one)).id)
    async with desk.engine.begin() as conn:
        assert await muster.replace_agent(conn, one, call_id, 1, desk.now)
    await desk.come_on("Lukas Weber")
    await desk.round()
    assert await desk.accept() == "Lukas Weber"
    async with desk.engine.begin() as conn:
        assert await muster.replace_agent(conn, one, call_id, 1, desk.now)
    assert (await desk.call_of(one)).person == await desk.person("Lukas Weber")


async def test_the_time_that_somebody_had_the_call_is_no_time_of_search(desk: Desk) -> None:
    one = await taken_by_freja(desk)
    desk.offset += timedelta(minutes=40)
    async with desk.engine.begin() as conn:
        await muster.replace_agent(conn, one, str((await desk.call_of(one)).id), 1, desk.now)
    await desk.come_on("Lukas Weber")
    await desk.round()
    assert await desk.accept() == "Lukas Weber"


async def test_a_booking_whose_answer_was_lost_is_not_ended_with_the_link(desk: Desk) -> None:
    one = (await desk.open()).escalation_id
    link = await desk.one(select(customer_link).where(customer_link.c.escalation == one))
    start = (await desk.free(one))[-1]
    async with desk.engine.begin() as conn:
        await booking.book(conn, one, link.id, start, desk.tokens, desk.now)
    await desk.push(one, link.expires_at - desk.now + timedelta(minutes=1))
    assert (await desk.workflow(one).describe()).status is WorkflowExecutionStatus.RUNNING
    assert await desk.standing(one) == ("booked", None)
    await desk.come_on("Lukas Weber")
    await desk.round()
    await desk.accept()
    await desk.push(one, timedelta(minutes=2, seconds=5))
    assert "agent_missed" in await desk.timeline(one)


async def test_a_yes_that_takes_too_long_is_still_heard(desk: Desk) -> None:
    one = (await desk.open()).escalation_id
    start = next(start for start in await desk.free(one) if start - desk.now > timedelta(hours=3))
    async with desk.engine.begin() as conn:
        await lock(conn, one)
        asked = asyncio.create_task(desk.book(one, start))
        await asyncio.sleep(UPDATE.total_seconds() + 1)
    assert (await asked).call.starts_at == start
    await desk.push(one, start - desk.now - timedelta(minutes=58))
    assert (await desk.told(one))[-1] == "reminder"


async def test_a_withdrawal_whose_answer_was_lost_ends_the_story(desk: Desk) -> None:
    one, _, _ = await booked_call(desk)
    async with desk.engine.begin() as conn:
        await withdraw.withdraw(conn, one, Outcome.WITHDRAWN, "person:1", "", desk.now)
    await desk.workflow(one).execute_update(EscalationWorkflow.withdraw, Withdraw("person:1"))
    assert await desk.workflow(one).result() == "withdrawn"


async def test_the_net_finds_that_an_escalation_is_over(desk: Desk) -> None:
    one = (await desk.open(mode=Mode.NOW)).escalation_id
    async with desk.engine.begin() as conn:
        await withdraw.withdraw(conn, one, Outcome.TICKET_SOLVED, "person:1", "", desk.now)
    await desk.push(one, timedelta(seconds=80))
    assert await desk.workflow(one).result() == "ticket_solved"


async def test_an_older_link_sent_once_more_does_not_bring_its_call_back(desk: Desk) -> None:
    one, first = await nobody_for_a_booked_call(desk)
    gone = await desk.call_of(one)
    again = await desk.workflow(one).execute_update(EscalationWorkflow.book, BookSlot(first, gone.starts_at))
    assert again.call.call_id == str(gone.id)
    start = next(start for start in await desk.free(one) if start - desk.now > timedelta(hours=3))
    booked = await desk.book(one, start)
    assert booked.call.call_id != again.call.call_id
    await desk.push(one, start - desk.now - timedelta(minutes=58))
    assert (await desk.told(one))[-1] == "reminder"


async def test_a_fresh_link_is_the_same_when_its_answer_was_lost(desk: Desk) -> None:
    one, _, _ = await booked_call(desk)
    call_id = str((await desk.call_of(one)).id)
    renewed = []
    for _ in range(2):
        async with desk.engine.begin() as conn:
            kind = Kind.NOBODY_AVAILABLE
            link = await muster.renew_after(conn, one, call_id, kind, "nobody_available", desk.tokens, desk.now)
            assert link is not None
            renewed.append(link)
    assert renewed[0] == renewed[1]


async def test_a_wrap_up_that_comes_late_is_kept(desk: Desk) -> None:
    one = await taken_by_freja(desk)
    call_id = str((await desk.call_of(one)).id)
    await desk.join(call_id, "customer")
    await desk.join(call_id, "agent")
    await desk.push(one, timedelta(hours=4, minutes=40))
    assert await desk.standing(one) == ("rating", "not_recorded")
    said = RecordWrapUp(call_id, await desk.person("Freja Holm"), "yes", cause="product fault")
    for _ in range(2):
        await desk.workflow(one).execute_update(EscalationWorkflow.wrap_up, said)
    assert await desk.standing(one) == ("rating", "resolved")
    assert (await desk.one(text("SELECT cause FROM wrap_up"))).cause == "product fault"
    await desk.push(one, timedelta(minutes=40))
    await desk.workflow(one).execute_update(EscalationWorkflow.rate, RateCall(call_id, 5))
    assert await desk.standing(one) == ("closed", "resolved")


async def test_what_is_over_cannot_be_withdrawn(desk: Desk) -> None:
    one = await taken_by_freja(desk)
    call_id = str((await desk.call_of(one)).id)
    said = RecordWrapUp(call_id, await desk.person("Freja Holm"), "no")
    await desk.workflow(one).execute_update(EscalationWorkflow.wrap_up, said)
    assert await refused(desk, one, EscalationWorkflow.withdraw, Withdraw("person:1")) == NotNow("rating")
    assert await desk.standing(one) == ("rating", "unresolved")


async def test_a_cancelled_call_leaves_nobody_busy_and_nothing_to_tell(desk: Desk) -> None:
    one = await taken_by_freja(desk)
    async with desk.engine.begin() as conn:
        await booking.cancel(conn, one, desk.now)
    assert (await desk.call_of(one)).ended_at is not None
    unrelayed = text("SELECT count(*) AS left FROM escalation_event WHERE told_at IS NULL")
    assert (await desk.one(unrelayed)).left == 0
