"""The rebuild button in a browser, at a desk's width and at a phone's."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
import uvicorn
from playwright.async_api import async_playwright, expect
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.testing import WorkflowEnvironment

from activities.comparing import Problem
from database.tables.muster import rebuild_request
from domain.ids import workflow_id
from tests.chromium import executable
from tests.servers import free_port
from tests.web.desk.test_desk_browser import AXE, FLAGS, server_is_up
from tests.web.office import open_office
from tests.web.ops.test_ops_pages import opened
from tests.web.ops.test_rebuild import count
from web.ops.rebuilding import HEALTHY, PROBLEMS
from workers.rebuild_requests import answer_requests
from workers.relay import relay_once

PICTURES = Path(os.environ.get("MUSTER_ARTEFACTS", "artefacts"))


@pytest.mark.parametrize("width", [1280, 390])
async def test_a_double_click_rebuilds_once_and_the_page_says_what_came_of_it(
    database: AsyncEngine,
    database_url: str,
    temporal_env: WorkflowEnvironment,
    monkeypatch: pytest.MonkeyPatch,
    width: int,
) -> None:
    client = temporal_env.client
    monkeypatch.setenv("TEMPORAL_ADDRESS", client.service_client.config.target_host)
    async with open_office(database, database_url) as office, async_playwright() as playwright:
        one = await opened(office)
        while await relay_once(office.engine, client):
            pass
        await client.get_workflow_handle(workflow_id(one)).terminate("lost")
        port = free_port()
        config = uvicorn.Config(office.app, host="127.0.0.1", port=port, log_level="warning", lifespan="off")
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve())
        await server_is_up(port)
        browser = await playwright.chromium.launch(executable_path=executable(), args=FLAGS)
        base, signed = f"http://127.0.0.1:{port}", await office.browser("Otto Ops")
        context = await browser.new_context(base_url=base, viewport={"width": width, "height": 900})
        secret = signed.client.headers["cookie"].partition("=")[2]
        await context.add_cookies([{"name": "muster", "value": secret, "url": base}])
        page = await context.new_page()

        await page.goto(f"/ops/{one}")
        await expect(page.get_by_text(PROBLEMS[Problem.GONE])).to_be_visible()
        await page.screenshot(path=PICTURES / f"rebuild-story-{width}.png", full_page=True)
        await page.get_by_role("button", name="Rebuild the workflow").click()
        await expect(page.get_by_text(PROBLEMS[Problem.GONE])).to_be_visible()
        await page.screenshot(path=PICTURES / f"rebuild-confirm-{width}.png", full_page=True)
        await page.get_by_role("button", name="Rebuild the workflow").dblclick()
        await expect(page.get_by_text("Not done yet")).to_be_visible()
        await page.screenshot(path=PICTURES / f"rebuild-asked-{width}.png", full_page=True)
        assert await count(office, rebuild_request) == 1
        await answer_requests(office.engine, client)
        await expect(page.get_by_text("Done: the workflow was rebuilt from the rows.")).to_be_visible()
        await expect(page.get_by_text(HEALTHY)).to_be_visible()
        await page.screenshot(path=PICTURES / f"rebuild-done-{width}.png", full_page=True)
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
        await page.evaluate(AXE)
        found = await page.evaluate("async () => (await axe.run()).violations.map(one => one.id)")
        assert found == []
        await browser.close()
        office.app.state.live.hush()
        server.should_exit = True
        await serving
