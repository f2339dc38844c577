"""The customer's no-show deadline, if the rows know more than the workflow: it is over, or both have joined."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from sqlalchemy import select, text, update

from activities.messages import Nudge
from database.stores.call import arrive
from database.stores.escalations.withdraw import withdraw
from database.stores.muster import renew_after
from database.tables.escalation import escalation
from database.tables.muster import search_clock
from domain.escalation import Kind, Mode, Outcome
from tests.journeys.desk import ROOM, Desk
from workflows.escalation import EscalationWorkflow


async def until_blocked(desk: Desk) -> None:
    """Wait until a transaction waits for a locked row."""
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    async with asyncio.timeout(60):
        while not (await desk.fetch_one(waiting)).count:  # noqa: ASYNC110 - what is awaited happens in the database
            await asyncio.sleep(0.05)


async def accepted_call(desk: Desk) -> tuple[str, str]:
    """A call now that Freja has accepted: the ids of its escalation and of itself."""
    escalation_id = (await desk.open(mode=Mode.NOW)).escalation_id
    await desk.come_online("Freja Holm")
    await desk.round()
    await desk.accept()
    call_id = str((await desk.call_of(escalation_id)).id)
    return escalation_id, call_id


async def test_a_late_no_show_of_a_finished_escalation_changes_nothing(desk: Desk) -> None:
    escalation_id, call_id = await accepted_call(desk)
    await desk.join(call_id, "agent")
    await desk.advance(escalation_id, timedelta(minutes=7))
    async with desk.engine.begin() as conn:
        # Attempts whose answers were lost: the no-show was recorded, and with the new link all was withdrawn.
        missed = (Kind.CUSTOMER_MISSED, "customer_missed")
        assert await renew_after(conn, escalation_id, call_id, *missed, desk.tokens, desk.now) is not None
        await withdraw(conn, escalation_id, Outcome.WITHDRAWN, "person:1", "", desk.now)
    async with desk.engine.begin() as conn:
        await conn.execute(select(escalation.c.id).where(escalation.c.id == escalation_id).with_for_update())
        pushing = asyncio.create_task(desk.advance(escalation_id, timedelta(minutes=4)))
        await until_blocked(desk)
        # While the workflow retries the no-show, support ops makes it read the rows.
        await desk.workflow(escalation_id).execute_update(EscalationWorkflow.nudge, Nudge("person:1"))
    await pushing
    assert await desk.workflow(escalation_id).result() == "withdrawn"
    assert await desk.state_of(escalation_id) == ("closed", "withdrawn")


async def test_a_customer_who_joined_without_a_signal_is_no_no_show(desk: Desk) -> None:
    escalation_id, call_id = await accepted_call(desk)
    async with desk.engine.begin() as conn:
        for token in (desk.tokens.customer_join(call_id), desk.tokens.agent_join(call_id, 1)):
            await arrive(conn, token, ROOM, desk.now)
    await desk.advance(escalation_id, timedelta(minutes=11))
    assert await desk.state_of(escalation_id) == ("on_call", None)
    await desk.wrap_up(escalation_id, "Freja Holm", "yes", cause="product fault")
    assert await desk.state_of(escalation_id) == ("rating", "resolved")
    assert "customer_missed" not in await desk.message_kinds(escalation_id)


async def test_an_outage_makes_nobody_a_no_show(desk: Desk) -> None:
    escalation_id, call_id = await accepted_call(desk)
    async with desk.engine.begin() as conn:
        back_at = desk.now + timedelta(minutes=9, seconds=30)
        await conn.execute(update(search_clock).values(ran_at=back_at, resumed_at=back_at))
    await desk.advance(escalation_id, timedelta(minutes=10, seconds=30))
    assert (await desk.state_of(escalation_id))[0] == "accepted", "neither side could join"
    await desk.join(call_id, "agent")
    await desk.advance(escalation_id, timedelta(minutes=2))
    assert (await desk.message_kinds(escalation_id))[-1] == "customer_missed"
    assert (await desk.timeline(escalation_id)).count("agent_missed") == 0
