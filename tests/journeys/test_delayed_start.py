"""While the customer has the link and nothing is due, no worker runs the workflow: its start is delayed."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from sqlalchemy import text
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.service import RPCError, RPCStatusCode

from activities.last_heard import last_heard
from database.stores.customer_link import find_issued
from database.stores.escalations.open import open_or_refuse
from domain.escalation import Customer, Mode, Opening, Ticket
from domain.ids import workflow_id
from tests.journeys.desk import FACTS, Desk
from tests.journeys.test_positions import audited
from tests.workflows.replaying import replay


async def length(desk: Desk, escalation_id: str) -> int:
    return (await desk.workflow(escalation_id).describe()).history_length


async def lose(desk: Desk, escalation_id: str) -> None:
    """Delete the workflow, as if Temporal had lost its store."""
    client = desk.environment.client
    execution = WorkflowExecution(workflow_id=workflow_id(escalation_id))
    await client.workflow_service.delete_workflow_execution(
        DeleteWorkflowExecutionRequest(namespace=client.namespace, workflow_execution=execution)
    )
    async with asyncio.timeout(60):
        while await exists(desk, escalation_id):  # noqa: ASYNC110 - happens in Temporal
            await asyncio.sleep(0.1)


async def exists(desk: Desk, escalation_id: str) -> bool:
    try:
        await desk.workflow(escalation_id).describe()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False
    return True


async def test_an_opening_costs_one_event_and_no_workflow_task(desk: Desk) -> None:
    escalation_id = (await desk.open()).escalation_id
    described = await desk.workflow(escalation_id).describe()
    assert described.history_length == 1
    assert described.execution_time is not None
    delay = described.execution_time - described.start_time
    assert timedelta(days=3) - timedelta(minutes=1) < delay < timedelta(days=3, seconds=2)
    assert await audited(desk, escalation_id) == [], "a delayed workflow isn't behind"


async def test_a_call_now_is_searched_without_delay(desk: Desk) -> None:
    escalation_id = (await desk.open(mode=Mode.NOW)).escalation_id
    described = await desk.workflow(escalation_id).describe()
    assert described.execution_time == described.start_time


async def test_a_booking_ends_the_delay(desk: Desk) -> None:
    escalation_id = (await desk.open()).escalation_id
    await desk.book(escalation_id, (await desk.free_starts(escalation_id))[0])
    async with asyncio.timeout(30):
        while await last_heard(desk.environment.client, escalation_id) < 3:  # noqa: ASYNC110 - happens in Temporal
            await asyncio.sleep(0.05)
    await replay(await desk.workflow(escalation_id).fetch_history())


async def test_a_withdrawal_ends_the_delay_and_the_workflow(desk: Desk) -> None:
    escalation_id = (await desk.open()).escalation_id
    await desk.withdraw(escalation_id)
    async with asyncio.timeout(30):
        assert await desk.workflow(escalation_id).result() == "withdrawn"


async def test_the_customer_is_nudged_when_the_delay_is_over(desk: Desk) -> None:
    opening = Opening(
        Ticket("zendesk", "1", "https://desk.example/1", "Engine stops at sea", FACTS),
        Customer("Mira Olsen", "mira@example.com", "Europe/Copenhagen"),
        Mode.BOOKING,
        "api:test",
    )
    opened = await open_or_refuse(desk.engine, opening, desk.tokens, desk.now)
    async with desk.engine.begin() as conn:
        link = await find_issued(conn, opened.escalation_id)
        assert link is not None
        earlier = link.life.nudge_at - desk.now - timedelta(seconds=2)
        aged = text("UPDATE customer_link SET issued_at = issued_at - :earlier, expires_at = expires_at - :earlier")
        await conn.execute(aged.bindparams(earlier=earlier))
    await desk.relay()
    assert await length(desk, opened.escalation_id) == 1
    async with asyncio.timeout(60):
        while "link_nudged" not in await desk.timeline(opened.escalation_id):  # noqa: ASYNC110 - happens in Temporal
            await asyncio.sleep(0.2)


async def test_a_booking_starts_a_workflow_that_temporal_has_lost(desk: Desk) -> None:
    escalation_id = (await desk.open()).escalation_id
    await lose(desk, escalation_id)
    start = next(start for start in await desk.free_starts(escalation_id) if start - desk.now > timedelta(hours=3))
    await desk.book(escalation_id, start)
    assert await audited(desk, escalation_id) == []
    await desk.advance(escalation_id, start - desk.now - timedelta(minutes=58))
    assert (await desk.message_kinds(escalation_id))[-1] == "reminder"
