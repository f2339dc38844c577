"""Rollouts and the directory in a browser: at every width, in light and dark, and without scripts."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from playwright.async_api import Browser, Page, async_playwright, expect
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from database.tables.directory import person, skill, team, title
from tests.chromium import executable
from tests.servers import free_port
from tests.web.desk.test_desk_browser import AXE, FLAGS, WATCH, server_is_up
from tests.web.office import Office, open_office
from tests.web.rules.test_rollout_pages import desk_life, live, trial_of

PICTURES = Path(os.environ.get("MUSTER_ARTEFACTS", "artefacts"))


@dataclass
class Back:
    """A manager's browser."""

    office: Office
    browser: Browser
    base: str
    signed: str

    async def open(self, address: str, *, scripts: bool = True) -> Page:
        context = await self.browser.new_context(
            base_url=self.base, viewport={"width": 1280, "height": 900}, java_script_enabled=scripts
        )
        context.set_default_timeout(10_000)
        await context.add_init_script(WATCH)
        await context.add_cookies([{"name": "muster", "value": self.signed, "url": self.base}])
        page = await context.new_page()
        await page.goto(address)
        return page


@pytest.fixture
async def back(database: AsyncEngine, database_url: str) -> AsyncIterator[Back]:
    async with open_office(database, database_url) as office, async_playwright() as playwright:
        signed = (await office.browser("Marta Manager")).client.headers["cookie"].partition("=")[2]
        port = free_port()
        server = uvicorn.Server(
            uvicorn.Config(office.app, host="127.0.0.1", port=port, log_level="warning", lifespan="off")
        )
        task = asyncio.create_task(server.serve())
        await server_is_up(port)
        browser = await playwright.chromium.launch(executable_path=executable(), args=FLAGS)
        yield Back(office, browser, f"http://127.0.0.1:{port}", signed)
        await browser.close()
        office.app.state.live.hush()
        server.should_exit = True
        await task


async def fits(page: Page, address: str) -> None:
    """Checks that nothing is wider than a phone's screen."""
    await page.goto(address)
    await page.set_viewport_size({"width": 390, "height": 900})
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
    await page.set_viewport_size({"width": 1280, "height": 900})


async def look(page: Page, name: str) -> None:
    """Runs axe once per colour scheme: at desktop width in light, at phone width in dark."""
    await page.evaluate(AXE)
    for width in (1280, 390):
        await page.set_viewport_size({"width": width, "height": 900})
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
            await page.screenshot(path=PICTURES / f"office-{name}-{width}-{scheme}.png", full_page=True)
            if (width == 390) is (scheme == "light"):
                continue
            found = await page.evaluate("axe.run().then(r => r.violations.map(v => v.id + ': ' + v.nodes[0].html))")
            assert found == [], (name, width, scheme)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, width)
    await page.set_viewport_size({"width": 1280, "height": 900})


async def test_a_rollout_is_readable_at_every_width(back: Back) -> None:
    running = await trial_of(back.office)
    page = await back.open(f"/rules/stages/{running.id}")
    await live(back.office, running, desk_life(140, 330))
    await page.reload()
    await page.get_by_text("Figures", exact=True).click()
    await look(page, "stage")
    assert await page.evaluate("window.broken") == []
    for address in ("/rules", "/rules/versions", "/rules/versions/2"):
        await fits(page, address)
    await page.goto(f"/rules/stages/{running.id}")
    await page.get_by_role("button", name="Roll back to version 1").click()
    await expect(page.get_by_role("status")).to_contain_text("version 1 decides for everybody again")
    await fits(page, "/rules/stages")


async def test_the_directory_works_without_scripts(back: Back) -> None:
    async with back.office.engine.begin() as conn:
        support = (await conn.execute(select(team.c.id).where(team.c.name == "Support"))).scalar_one()
        advisor = (await conn.execute(select(title.c.id).where(title.c.name == "Advisor"))).scalar_one()
        rows = [
            {"name": f"{first} {last}", "email": f"{first}.{last}@harborboats.example".lower(), "team": support}
            | {"title": advisor, "roles": ["agent"], "languages": ["danish", "english"]}
            for first in ("Nia", "Ole", "Pia", "Rune", "Sara", "Tove", "Ulla", "Vera")
            for last in ("Berg", "Dahl", "Friis", "Holm", "Juhl", "Krogh", "Lund", "Munk")
        ]
        await conn.execute(insert(person), rows)
        await conn.execute(insert(skill), [{"name": name} for name in ("rigging", "upholstery", "radio and radar")])
    page = await back.open("/directory")
    await look(page, "people")
    await page.get_by_label("Name or email address").type("vera lund")
    await expect(page.locator("#people")).to_contain_text("1 person")
    assert await page.evaluate("window.broken") == []
    plain = await back.open("/directory/teams", scripts=False)
    await plain.get_by_role("link", name="Office", exact=True).click()
    await plain.get_by_label("New name").fill("Back office")
    await plain.get_by_role("button", name="Rename").click()
    await expect(plain.get_by_role("status")).to_contain_text("No decisions change")
    await page.goto(plain.url)
    await look(page, "team")
    for address in ("/directory/teams", "/directory/skills", "/directory/people/new"):
        await fits(page, address)
    await plain.goto("/directory?q=anna")
    await plain.get_by_role("link", name="Anna Schmidt").click()
    await plain.get_by_label("Team", exact=True).select_option("Back office")
    await plain.get_by_role("button", name="See what would change").click()
    await expect(plain.get_by_role("status")).to_contain_text("Nothing is saved yet")
    await plain.get_by_role("button", name="Save").click()
    await expect(plain.get_by_role("status")).to_contain_text("Saved")
    await page.goto(plain.url)
    await look(page, "person")
