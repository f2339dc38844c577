"""Withdrawing through a running workflow: by the API, by a solved ticket, by ops."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.testing import WorkflowEnvironment
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from activities.dependencies import Dependencies
from config.temporal import connect
from database.tables.escalation import customer, escalation
from tests.web.hooks.test_hooks import event, send, trigger, with_source
from tests.web.office import Office, open_office, ticket
from workers.registration import build_worker
from workers.relay import relay_once

ESCALATIONS = "/api/v1/escalations"


@pytest.fixture
async def running(
    database: AsyncEngine, database_url: str, temporal_env: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Office]:
    """The application with Temporal and a worker."""
    monkeypatch.setenv("TEMPORAL_ADDRESS", temporal_env.client.service_client.config.target_host)
    async with open_office(database, database_url) as opened:
        dependencies = Dependencies(database, opened.app.state.tokens)
        async with build_worker(temporal_env.client, dependencies, runner=SandboxedWorkflowRunner()):
            yield opened


async def test_a_program_withdraws_once_however_often_it_retries(running: Office) -> None:
    async with running.program() as program:
        one = (await program.post(ESCALATIONS, json=ticket())).json()["id"]
        address = f"{ESCALATIONS}/{one}/withdraw"
        first = await program.post(address, json={"outcome": "ticket_solved", "reason": "it was the fuse"})
        again = await program.post(address)
        body = (await program.get(f"{ESCALATIONS}/{one}")).json()
        wrong = await program.post(address, json={"outcome": "resolved"})
        unknown = await program.post(f"{ESCALATIONS}/00000000-0000-4000-8000-000000000000/withdraw")
    assert first.status_code == again.status_code == 200, first.text
    assert first.json() == again.json() == {"id": one, "state": "closed", "outcome": "ticket_solved"}
    assert [event["kind"] for event in body["timeline"]].count("withdrawn") == 1
    assert (wrong.status_code, unknown.status_code) == (422, 404)


async def test_a_solved_ticket_ends_its_escalation(running: Office) -> None:
    await with_source(running)
    async with running.program() as program:
        one = (await program.post(ESCALATIONS, json=ticket())).json()["id"]
        solved = await send(running, event(status="SOLVED"))
        again = await send(running, event(status="SOLVED"))
        body = (await program.get(f"{ESCALATIONS}/{one}")).json()
    assert solved.json() == again.json() == {"done": "withdrawn", "id": one}
    assert (body["state"], body["outcome"]) == ("closed", "ticket_solved")
    assert "webhook:harbor" in {event["actor"] for event in body["timeline"]}


def solved(number: str, **more: str) -> dict[str, Any]:
    return {"ticket": {"id": number, "status": "solved", **more}}


async def states(office: Office) -> dict[str, str]:
    """The state of every escalation by the customer's mail address."""
    query = select(customer.c.email, escalation.c.state).join(customer, customer.c.id == escalation.c.customer)
    async with office.engine.connect() as conn:
        return {row.email: row.state for row in await conn.execute(query)}


@pytest.mark.parametrize("more", [{}, {"url": "https://marina.zendesk.com/agent/tickets/777"}])
async def test_a_solved_ticket_ends_no_escalation_of_another_account(running: Office, more: dict[str, str]) -> None:
    await with_source(running, "marina")
    await send(running, trigger("777", "harbor", "mira@olsen.example"))
    ignored = (await send(running, solved("777", **more), source="marina")).json()
    assert ignored == {"done": "ignored", "reason": "the ticket has no open escalation"}
    await send(running, trigger("777", "marina", "pavel@novy.example"), source="marina")
    done = (await send(running, solved("777", **more), source="marina", X_Zendesk_Webhook_Invocation_Id="2")).json()
    assert done["done"] == "withdrawn"
    assert await states(running) == {"mira@olsen.example": "invited", "pavel@novy.example": "closed"}


async def test_ops_withdraws_with_a_reason_and_sees_the_events(running: Office) -> None:
    async with running.program() as program:
        one = (await program.post(ESCALATIONS, json=ticket())).json()["id"]
    ops = await running.browser("Otto Ops")
    assert (await ops.post(f"/ops/{one}/nudge", f"/ops/{one}")).headers["location"] == f"/ops/{one}?said=nudged"
    await relay_once(running.engine, await connect())
    behind = await ops.get(f"/ops/{one}/workflow")
    assert "Temporal events" in behind
    assert "workflow execution started" in behind
    answer = await ops.post(f"/ops/{one}/withdraw", f"/ops/{one}", reason="The boat was sold")
    assert answer.status_code == 303, answer.text
    page = await ops.get(f"/ops/{one}")
    assert "Otto Ops withdrew the escalation" in page
    assert "The boat was sold" in page
    assert "Otto Ops nudged it: the customer gets the link again." in page
    late = await ops.post(f"/ops/{one}/withdraw", f"/ops/{one}", reason="again")
    assert late.status_code == 409
    assert "closed" in late.text
    log = await (await running.browser("Ada Admin")).get("/admin/audit")
    assert "nudged" in log
    assert "withdrew" in log
