"""Every stage in which an escalation can wait or end, each with a workflow that waits there, or has ended.

Recorded as golden histories (``stage_….json``): a release that can't continue from one of them fails.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from database.stores.call import end_call
from database.stores.rounds import answers
from domain.escalation import Mode
from tests.journeys.desk import Desk
from tests.journeys.recording import record, settled_history


async def at_stage(desk: Desk, escalation_id: str, stage: str, *, state: str, outcome: str | None = None) -> None:
    """The rows and the workflow are at this stage; record its history."""
    assert await desk.state_of(escalation_id) == (state, outcome)
    history = await settled_history(desk, escalation_id)
    ended = any(event.HasField("workflow_execution_completed_event_attributes") for event in history.events)
    assert ended == (state == "closed")
    record(history, f"stage_{stage}")


async def late_starts(desk: Desk, escalation_id: str) -> list[datetime]:
    return [start for start in await desk.free_starts(escalation_id) if start - desk.now > timedelta(hours=3)]


async def test_a_life_through_every_stage_up_to_the_rating(desk: Desk) -> None:
    one = (await desk.open()).escalation_id
    await desk.advance(one, timedelta(minutes=1))
    await at_stage(desk, one, "link_open", state="invited")
    await desk.advance(one, timedelta(days=3))
    assert (await desk.message_kinds(one))[-1] == "invitation_again"
    await at_stage(desk, one, "nudged", state="invited")
    start, *later = await late_starts(desk, one)
    call_id = (await desk.book(one, start)).call_id
    await at_stage(desk, one, "booked", state="booked")
    start = next(other for other in later if other - start >= timedelta(hours=1))
    await desk.move(one, start)
    await at_stage(desk, one, "moved", state="booked")

    await desk.advance(one, start - desk.now - timedelta(minutes=4, seconds=57))
    await desk.come_online("Freja Holm")
    await desk.round()
    offer = await desk.live_offer()
    async with desk.engine.begin() as conn:
        await answers.decline(conn, str(offer.call), offer.nth, offer.person, desk.now)
    await desk.advance(one, timedelta(minutes=2))
    await at_stage(desk, one, "offered_and_declined", state="mustering")
    await desk.come_online("Lukas Weber")
    await desk.round()
    await desk.accept()
    await at_stage(desk, one, "taken", state="accepted")
    for side in ("customer", "agent"):
        await desk.join(call_id, side)
    await at_stage(desk, one, "in_call", state="on_call")
    async with desk.engine.begin() as conn:
        await end_call(conn, call_id, await desk.person("Lukas Weber"), desk.now)
    await desk.relay()
    await at_stage(desk, one, "wrap_up", state="wrapping_up")
    await desk.wrap_up(one, "Lukas Weber", "yes", cause="product fault")
    await at_stage(desk, one, "wrapped_up", state="rating", outcome="resolved")
    await desk.advance(one, timedelta(minutes=31))
    await at_stage(desk, one, "awaiting_rating", state="rating", outcome="resolved")
    await desk.rate(one, 5)
    await at_stage(desk, one, "rated", state="closed", outcome="resolved")


async def test_a_life_in_which_nobody_comes_and_the_link_expires(desk: Desk) -> None:
    one = (await desk.open(mode=Mode.NOW)).escalation_id
    await desk.come_online()
    await desk.round()
    await desk.advance(one, timedelta(minutes=2))
    await at_stage(desk, one, "searching_in_rounds", state="mustering")
    await desk.come_online("Freja Holm")
    await desk.round()
    await desk.accept()
    call_id = str((await desk.call_of(one)).id)
    await desk.join(call_id, "customer")
    await desk.advance(one, timedelta(minutes=2, seconds=5))
    assert "agent_missed" in await desk.timeline(one)
    await at_stage(desk, one, "agent_lost", state="mustering")
    await desk.withdraw(one)
    await at_stage(desk, one, "withdrawn", state="closed", outcome="withdrawn")


async def test_a_customer_who_misses_a_call_and_never_books_another(desk: Desk) -> None:
    one = (await desk.open(mode=Mode.NOW)).escalation_id
    await desk.come_online("Freja Holm")
    await desk.round()
    await desk.accept()
    await desk.join(str((await desk.call_of(one)).id), "agent")
    await desk.advance(one, timedelta(minutes=11))
    assert (await desk.message_kinds(one))[-1] == "customer_missed"
    await at_stage(desk, one, "customer_missed", state="invited")
    await desk.advance(one, timedelta(days=6))
    await at_stage(desk, one, "never_booked", state="closed", outcome="link_expired")


async def test_a_customer_who_cancels(desk: Desk) -> None:
    one = (await desk.open()).escalation_id
    await desk.book(one, (await late_starts(desk, one))[0])
    await desk.cancel(one)
    await at_stage(desk, one, "cancelled", state="closed", outcome="cancelled")


async def test_a_search_that_is_given_up(desk: Desk) -> None:
    one = (await desk.open(mode=Mode.NOW)).escalation_id
    await desk.come_online()
    await desk.round()
    desk.offset += timedelta(minutes=10, seconds=1)
    await desk.round()
    await desk.relay()
    await desk.advance(one, timedelta(seconds=5))
    assert "nobody_available" in await desk.message_kinds(one)
    await at_stage(desk, one, "given_up", state="invited")
