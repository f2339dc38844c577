"""The button that rebuilds a workflow: what it says first, what it asks for, and what came of it."""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from activities.comparing import Problem
from database.stores.rounds.rebuild_requests import ask_for_rebuild, newest_request
from database.tables.account import audit_entry
from database.tables.muster import rebuild_request
from domain.ids import workflow_id
from tests.servers import free_port
from tests.web.office import Browser, Office, office, open_office
from tests.web.ops.test_ops_pages import opened
from web.ops.rebuilding import HEALTHY, PROBLEMS
from workers.rebuild_requests import answer_requests
from workers.relay import relay_once

__all__ = ["office"]


@pytest.fixture
async def whole(
    database: AsyncEngine, database_url: str, temporal_env: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Office]:
    """The application with Temporal."""
    monkeypatch.setenv("TEMPORAL_ADDRESS", temporal_env.client.service_client.config.target_host)
    async with open_office(database, database_url) as opened:
        yield opened


async def asked(browser: Browser, one: str, **fields: str) -> Any:
    """Press the button; with ``request_id``, as if the same page had sent its form again."""
    page = await browser.get(f"/ops/{one}/rebuild")
    request_id = fields.get("request_id") or re.findall(r'name="request_id" value="([^"]+)"', page)[0]
    return await browser.post(f"/ops/{one}/rebuild", f"/ops/{one}", request_id=request_id)


async def count(office: Office, table: Any) -> int:
    async with office.engine.connect() as conn:
        return int((await conn.execute(select(func.count()).select_from(table))).scalar_one())


async def audited(office: Office) -> list[str]:
    async with office.engine.connect() as conn:
        found = await conn.execute(select(audit_entry.c.action).where(audit_entry.c.action == "asked for a rebuild"))
        return list(found.scalars())


async def test_a_workflow_that_is_gone_is_rebuilt_by_the_button(
    whole: Office, temporal_env: WorkflowEnvironment
) -> None:
    one, ops = await opened(whole), await whole.browser("Otto Ops")
    while await relay_once(whole.engine, temporal_env.client):
        pass
    assert HEALTHY in await ops.get(f"/ops/{one}/rebuild")
    await temporal_env.client.get_workflow_handle(workflow_id(one)).terminate("lost")
    assert PROBLEMS[Problem.GONE] in await ops.get(f"/ops/{one}/rebuild")
    assert PROBLEMS[Problem.GONE] in await ops.get(f"/ops/{one}/workflow")

    assert (await asked(ops, one)).headers["location"] == f"/ops/{one}/rebuild"
    page = await ops.get(f"/ops/{one}/rebuild")
    assert "Otto Ops asked for it" in page
    assert "Not done yet: a worker takes it within seconds." in page
    assert "<form" not in page.partition('id="found"')[2], "there is nothing to press while it is being done"

    await answer_requests(whole.engine, temporal_env.client)
    page = await ops.get(f"/ops/{one}/rebuild")
    assert "Done: the workflow was rebuilt from the rows." in page
    assert HEALTHY in page
    assert f"Otto Ops repaired this escalation: {Problem.GONE}." in await ops.get(f"/ops/{one}")


async def test_a_healthy_workflow_is_rebuilt_if_somebody_insists(
    whole: Office, temporal_env: WorkflowEnvironment
) -> None:
    one, ops = await opened(whole), await whole.browser("Otto Ops")
    while await relay_once(whole.engine, temporal_env.client):
        pass
    workflow = temporal_env.client.get_workflow_handle(workflow_id(one))
    before = (await workflow.describe()).run_id
    await asked(ops, one)
    await answer_requests(whole.engine, temporal_env.client)
    assert (await workflow.describe()).run_id != before
    assert "Otto Ops repaired this escalation: its workflow was rebuilt by hand." in await ops.get(f"/ops/{one}")
    await answer_requests(whole.engine, temporal_env.client)
    assert (await ops.get(f"/ops/{one}")).count("repaired this escalation") == 1, "a request is answered once"


async def test_a_double_click_asks_once(office: Office) -> None:
    one, ops = await opened(office), await office.browser("Otto Ops")
    request_id = str(uuid.uuid4())
    for _ in range(2):
        assert (await asked(ops, one, request_id=request_id)).status_code == 303
    assert (await asked(ops, one, request_id=str(uuid.uuid4()))).status_code == 303, "one is unanswered already"
    assert (await count(office, rebuild_request), await audited(office)) == (1, ["asked for a rebuild"])
    async with office.engine.begin() as conn:
        await conn.execute(text("UPDATE rebuild_request SET answered_at = asked_at, answer = 'rebuilt'"))
    await asked(ops, one, request_id=request_id)
    assert await count(office, rebuild_request) == 1, "the form of a page that was answered, sent once more"
    await asked(ops, one)
    assert await count(office, rebuild_request) == 2


async def test_a_workflow_that_waits_for_the_rating_can_be_rebuilt_too(office: Office) -> None:
    one, ops = await opened(office), await office.browser("Otto Ops")
    async with office.engine.begin() as conn:
        await conn.execute(text("UPDATE escalation SET state = 'rating'"))
    assert (await asked(ops, one)).status_code == 303
    assert await count(office, rebuild_request) == 1


async def test_while_temporal_is_down_the_request_waits_and_says_so(office: Office) -> None:
    one, ops = await opened(office), await office.browser("Otto Ops")
    assert "nobody can tell whether anything is wrong" in await ops.get(f"/ops/{one}/rebuild")
    await asked(ops, one)
    nobody = await Client.connect(f"127.0.0.1:{free_port()}", lazy=True)
    await answer_requests(office.engine, nobody)
    page = await ops.get(f"/ops/{one}/rebuild")
    assert "Not done yet: Temporal does not answer. It is tried again every few seconds." in page


async def test_a_refusal_by_temporal_is_not_called_an_outage(whole: Office, temporal_env: WorkflowEnvironment) -> None:
    one, ops = await opened(whole), await whole.browser("Otto Ops")
    await asked(ops, one)
    target = temporal_env.client.service_client.config.target_host
    await answer_requests(whole.engine, await Client.connect(target, namespace="nowhere"))
    assert "Not done yet: Temporal refused: NOT_FOUND." in await ops.get(f"/ops/{one}/rebuild")


async def test_a_rebuild_that_fails_holds_up_no_other_and_undoes_none(
    whole: Office, temporal_env: WorkflowEnvironment
) -> None:
    ops = await whole.browser("Otto Ops")
    first, broken, last = [await opened(whole, number) for number in ("1", "2", "3")]
    for one in (first, broken, last):
        await asked(ops, one)
    async with whole.engine.begin() as conn:
        plan = (await conn.execute(text("SELECT plan FROM escalation WHERE id = :one"), {"one": broken})).scalar_one()
        await conn.execute(text("UPDATE escalation SET plan = '{}' WHERE id = :one"), {"one": broken})
    await answer_requests(whole.engine, temporal_env.client)
    for one in (first, last):
        assert "Done: the workflow was rebuilt from the rows." in await ops.get(f"/ops/{one}/rebuild")
    async with whole.engine.begin() as conn:
        waiting = await newest_request(conn, broken)
        mended = "UPDATE escalation SET plan = CAST(:plan AS jsonb) WHERE id = :one"
        await conn.execute(text(mended), {"plan": json.dumps(plan), "one": broken})
    assert waiting is not None
    assert waiting.answer is None
    assert waiting.last_error not in ("", "Temporal does not answer")
    await answer_requests(whole.engine, temporal_env.client)
    assert "Done: the workflow was rebuilt from the rows." in await ops.get(f"/ops/{broken}/rebuild")
    assert (await ops.get(f"/ops/{first}")).count("repaired this escalation") == 1


async def test_a_workflow_whose_history_cannot_be_read_is_replaced(
    whole: Office, temporal_env: WorkflowEnvironment
) -> None:
    one, ops = await opened(whole), await whole.browser("Otto Ops")
    strange = await temporal_env.client.start_workflow(
        "Strange", "no opening", id=workflow_id(one), task_queue=f"strange-{one}"
    )
    await strange.signal("happened", "no events")
    async with whole.engine.begin() as conn:
        await ask_for_rebuild(conn, str(uuid.uuid4()), one, "muster", datetime.now(UTC))
    await answer_requests(whole.engine, temporal_env.client)
    page = await ops.get(f"/ops/{one}/rebuild")
    assert "Done: the workflow was rebuilt from the rows." in page
    assert HEALTHY in page


async def test_while_temporal_hangs_the_page_still_shows_what_the_database_knows(
    database: AsyncEngine, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hung = asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await hung.wait()
        writer.close()

    async with await asyncio.start_server(say_nothing, "127.0.0.1") as server:
        host, port = server.sockets[0].getsockname()
        monkeypatch.setenv("TEMPORAL_ADDRESS", f"{host}:{port}")
        async with open_office(database, database_url) as office:
            one, ops = await opened(office), await office.browser("Otto Ops")
            await asked(ops, one)
            page = await ops.get(f"/ops/{one}/workflow")
            assert "Otto Ops asked" in page
            assert "nobody can tell whether anything is wrong" in page
            assert "The story above comes from our own database" in page
        hung.set()


async def test_an_escalation_that_ended_meanwhile_is_left_alone(
    whole: Office, temporal_env: WorkflowEnvironment
) -> None:
    one, ops = await opened(whole), await whole.browser("Otto Ops")
    await asked(ops, one)
    await ops.post(f"/ops/{one}/withdraw", f"/ops/{one}", reason="sold the boat")
    await answer_requests(whole.engine, temporal_env.client)
    page = await ops.get(f"/ops/{one}/rebuild")
    assert "Nothing was done: the escalation had ended before." in page
    assert "its workflow is not needed any more" in page
    assert (await asked(ops, one, request_id=str(uuid.uuid4()))).status_code == 409
    assert await count(whole, rebuild_request) == 1


async def test_who_only_watches_cannot_rebuild(office: Office) -> None:
    one = await opened(office)
    manager = await office.browser("Marta Manager")
    assert "Rebuild the workflow" not in await manager.get(f"/ops/{one}/workflow")
    await manager.get(f"/ops/{one}/rebuild", 403)
    answer = await manager.post(f"/ops/{one}/rebuild", "/outcomes", request_id=str(uuid.uuid4()))
    assert (answer.status_code, await count(office, rebuild_request)) == (403, 0)
