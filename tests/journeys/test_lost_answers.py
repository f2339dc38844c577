"""Answers that are lost after their effect was committed, and events that arrive late, twice or out of order."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from temporalio.client import WorkflowExecutionStatus

from activities.messages import Event, Happened
from database.stores import booking, muster
from database.stores.escalations import withdraw
from database.stores.journal.timeline import lock
from database.tables.customer_link import customer_link
from database.tables.escalation import escalation_event
from domain.deadlines import SALE
from domain.escalation import Kind, Mode, NotNow, Outcome
from domain.failure import Unreachable
from tests.journeys.desk import Desk
from tests.journeys.test_turns import booked_call, refused
from workflows.escalation import EscalationWorkflow


async def events_of(desk: Desk, escalation_id: str) -> list[Event]:
    query = (
        select(escalation_event).where(escalation_event.c.escalation == escalation_id).order_by(escalation_event.c.seq)
    )
    async with desk.engine.connect() as conn:
        return [Event(row.seq, row.kind, row.at, row.body) for row in await conn.execute(query)]


async def taken_by_freja(desk: Desk) -> str:
    escalation_id = (await desk.open(mode=Mode.NOW)).escalation_id
    await desk.come_online("Freja Holm")
    await desk.round()
    assert await desk.accept() == "Freja Holm"
    return escalation_id


async def nobody_for_a_booked_call(desk: Desk) -> tuple[str, int]:
    """A booked call that nobody took, so the customer has another link. Returns the first link's id too."""
    escalation_id, start, _ = await booked_call(desk)
    first = (await desk.fetch_one(select(customer_link.c.id).where(customer_link.c.escalation == escalation_id))).id
    await desk.advance(escalation_id, start - desk.now - timedelta(minutes=4, seconds=57))
    await desk.come_online()
    await desk.round()
    desk.offset += timedelta(minutes=30)
    await desk.round()
    desk.offset -= timedelta(minutes=30)
    await desk.relay()
    await desk.advance(escalation_id, timedelta(minutes=30))
    assert await desk.state_of(escalation_id) == ("invited", None)
    return escalation_id, first


async def test_a_late_event_about_an_earlier_agent_does_not_lose_an_acceptance(desk: Desk) -> None:
    escalation_id = (await desk.open(mode=Mode.NOW)).escalation_id
    await desk.come_online("Freja Holm")
    await desk.round()
    first = await desk.live_offer()
    desk.offset += timedelta(seconds=1)
    await desk.come_online()
    await desk.round()
    desk.offset -= timedelta(seconds=1)
    assert first.nth == 1
    await desk.come_online("Lukas Weber")
    await desk.round()
    await desk.accept_without_relay()
    events = [
        event for event in await events_of(desk, escalation_id) if event.kind in (Kind.ACCEPTED, Kind.AGENT_VANISHED)
    ]
    assert [event.kind for event in events] == ["agent_vanished", "accepted"]
    for event in reversed(events):
        await desk.workflow(escalation_id).signal(EscalationWorkflow.happened, Happened((event,)))
    await desk.advance(escalation_id, timedelta(minutes=2, seconds=5))
    assert "agent_missed" in await desk.timeline(escalation_id)


async def test_the_second_agent_has_as_long_to_join_as_the_first(desk: Desk) -> None:
    escalation_id = await taken_by_freja(desk)
    await desk.advance(escalation_id, timedelta(seconds=60))
    await desk.come_online("Lukas Weber")
    await desk.round()
    await desk.round()
    assert await desk.accept() == "Lukas Weber"
    await desk.advance(escalation_id, timedelta(seconds=90))
    assert "agent_missed" not in await desk.timeline(escalation_id)
    await desk.advance(escalation_id, timedelta(seconds=40))
    assert (await desk.timeline(escalation_id)).count("agent_missed") == 1


async def test_replacing_an_agent_twice_replaces_one(desk: Desk) -> None:
    escalation_id = await taken_by_freja(desk)
    call_id = str((await desk.call_of(escalation_id)).id)
    async with desk.engine.begin() as conn:
        assert await muster.replace_agent(conn, escalation_id, call_id, 1, desk.now)
    await desk.come_online("Lukas Weber")
    await desk.round()
    assert await desk.accept() == "Lukas Weber"
    async with desk.engine.begin() as conn:
        assert await muster.replace_agent(conn, escalation_id, call_id, 1, desk.now)
    assert (await desk.call_of(escalation_id)).person == await desk.person("Lukas Weber")


async def test_the_time_with_an_agent_does_not_count_as_search_time(desk: Desk) -> None:
    escalation_id = await taken_by_freja(desk)
    desk.offset += timedelta(minutes=40)
    async with desk.engine.begin() as conn:
        await muster.replace_agent(conn, escalation_id, str((await desk.call_of(escalation_id)).id), 1, desk.now)
    await desk.come_online("Lukas Weber")
    await desk.round()
    assert await desk.accept() == "Lukas Weber"


async def test_a_booking_whose_answer_was_lost_is_not_ended_with_the_link(desk: Desk) -> None:
    escalation_id = (await desk.open()).escalation_id
    link = await desk.fetch_one(select(customer_link).where(customer_link.c.escalation == escalation_id))
    start = (await desk.free_starts(escalation_id))[-1]
    async with desk.engine.begin() as conn:
        await booking.book(conn, escalation_id, link.id, start, desk.tokens, desk.now)
    await desk.advance(escalation_id, link.expires_at - desk.now + timedelta(minutes=1))
    assert (await desk.workflow(escalation_id).describe()).status is WorkflowExecutionStatus.RUNNING
    assert await desk.state_of(escalation_id) == ("booked", None)
    await desk.come_online("Lukas Weber")
    await desk.round()
    await desk.accept()
    await desk.advance(escalation_id, timedelta(minutes=2, seconds=5))
    assert "agent_missed" in await desk.timeline(escalation_id)


async def test_a_sale_that_takes_too_long_is_not_made(desk: Desk) -> None:
    escalation_id = (await desk.open()).escalation_id
    start = next(start for start in await desk.free_starts(escalation_id) if start - desk.now > timedelta(hours=3))
    async with desk.engine.begin() as conn:
        await lock(conn, escalation_id)
        sale = asyncio.create_task(desk.book(escalation_id, start))
        await asyncio.sleep(SALE.total_seconds() + 1)
    with pytest.raises(Unreachable):
        await sale
    assert await desk.state_of(escalation_id) == ("invited", None)
    assert (await desk.book(escalation_id, start)).starts_at == start
    await desk.advance(escalation_id, start - desk.now - timedelta(minutes=58))
    assert (await desk.message_kinds(escalation_id))[-1] == "reminder"


async def test_a_withdrawal_whose_answer_was_lost_ends_the_workflow(desk: Desk) -> None:
    escalation_id, _, _ = await booked_call(desk)
    async with desk.engine.begin() as conn:
        await withdraw.withdraw(conn, escalation_id, Outcome.WITHDRAWN, "person:1", "", desk.now)
    await desk.withdraw(escalation_id)
    assert await desk.workflow(escalation_id).result() == "withdrawn"


async def test_the_net_finds_that_an_escalation_is_over(desk: Desk) -> None:
    escalation_id = (await desk.open(mode=Mode.NOW)).escalation_id
    async with desk.engine.begin() as conn:
        await withdraw.withdraw(conn, escalation_id, Outcome.TICKET_SOLVED, "person:1", "", desk.now)
    await desk.advance(escalation_id, timedelta(seconds=80))
    assert await desk.workflow(escalation_id).result() == "ticket_solved"


async def test_a_repeated_request_with_an_older_link_does_not_revive_its_call(desk: Desk) -> None:
    escalation_id, first = await nobody_for_a_booked_call(desk)
    old_call = await desk.call_of(escalation_id)
    again = await desk.book(escalation_id, old_call.starts_at, first)
    assert again.call_id == str(old_call.id)
    start = next(start for start in await desk.free_starts(escalation_id) if start - desk.now > timedelta(hours=3))
    booked = await desk.book(escalation_id, start)
    assert booked.call_id != again.call_id
    await desk.advance(escalation_id, start - desk.now - timedelta(minutes=58))
    assert (await desk.message_kinds(escalation_id))[-1] == "reminder"


async def test_renewing_a_link_again_returns_the_same_link(desk: Desk) -> None:
    escalation_id, _, _ = await booked_call(desk)
    call_id = str((await desk.call_of(escalation_id)).id)
    renewed = []
    for _ in range(2):
        async with desk.engine.begin() as conn:
            kind = Kind.NOBODY_AVAILABLE
            link = await muster.renew_after(
                conn, escalation_id, call_id, kind, "nobody_available", desk.tokens, desk.now
            )
            assert link is not None
            renewed.append(link)
    assert renewed[0] == renewed[1]


async def test_a_late_wrap_up_is_saved(desk: Desk) -> None:
    escalation_id = await taken_by_freja(desk)
    call_id = str((await desk.call_of(escalation_id)).id)
    await desk.join(call_id, "customer")
    await desk.join(call_id, "agent")
    await desk.advance(escalation_id, timedelta(hours=4, minutes=40))
    assert await desk.state_of(escalation_id) == ("rating", "not_recorded")
    for _ in range(2):
        await desk.wrap_up(escalation_id, "Freja Holm", "yes", cause="product fault")
    assert await desk.state_of(escalation_id) == ("rating", "resolved")
    assert (await desk.fetch_one(text("SELECT cause FROM wrap_up"))).cause == "product fault"
    await desk.advance(escalation_id, timedelta(minutes=40))
    await desk.rate(escalation_id, 5)
    assert await desk.state_of(escalation_id) == ("closed", "resolved")


async def test_a_finished_escalation_cannot_be_withdrawn(desk: Desk) -> None:
    escalation_id = await taken_by_freja(desk)
    await desk.wrap_up(escalation_id, "Freja Holm", "no")
    assert await refused(desk.withdraw(escalation_id)) == NotNow("rating")
    assert await desk.state_of(escalation_id) == ("rating", "unresolved")


async def test_a_cancelled_call_leaves_no_busy_agent_and_no_unrelayed_event(desk: Desk) -> None:
    escalation_id = await taken_by_freja(desk)
    async with desk.engine.begin() as conn:
        await booking.cancel(conn, escalation_id, desk.now)
    await desk.relay()
    assert (await desk.call_of(escalation_id)).ended_at is not None
    unrelayed = text("SELECT count(*) AS left FROM escalation_event WHERE told_at IS NULL")
    assert (await desk.fetch_one(unrelayed)).left == 0
