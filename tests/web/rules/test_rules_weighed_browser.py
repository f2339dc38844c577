"""The preview before publishing, in a browser: shown immediately, followed by a longer search, and confirmed."""

from __future__ import annotations

from fastapi import FastAPI
from playwright.async_api import expect
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from database.tables.directory import person
from tests.web.office import Office
from tests.web.rules.test_rules_editor_browser import Editor, editor, look, write
from tests.web.rules.test_rules_weighed import ELSEWHERE
from tests.web.shifts.test_shifts_pages import ANNA, booked

__all__ = ["editor"]


async def test_publishing_shows_the_preview_and_its_longer_search(editor: Editor, database: AsyncEngine) -> None:
    async with database.connect() as conn:
        people = {row.name: row.id for row in await conn.execute(select(person.c.id, person.c.name))}
    await booked(Office(FastAPI(), database, people, ""), ANNA)
    page = await editor.open()
    await write(page, ELSEWHERE)
    await page.get_by_label("Reason for this change").fill("All to the office")
    await page.get_by_role("button", name="Publish to everybody").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Publish these rules to everybody?")
    await expect(page.locator("#weighed")).to_contain_text(
        "at least 1 cannot be served in any arrangement", timeout=20_000
    )
    await look(page, "weighed", (1280, "light"), (390, "light"), (390, "dark"))
    await page.get_by_role("button", name="Back to the editor").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Edit the rules")
    assert (await page.locator("#text").input_value()).replace("\r", "") == ELSEWHERE
    await page.get_by_role("button", name="Publish to everybody").click()
    await page.get_by_role("button", name="Publish anyway").click()
    await expect(page.locator("main")).to_contain_text("Version 2")
