"""The focus when a booked call's page becomes the waiting room, with scripts and without."""

from __future__ import annotations

import re

from playwright.async_api import expect

from tests.web.customers import caller
from tests.web.desk.test_desk_browser import Desk, desk

__all__ = ["desk"]

NEAR = "muster_at = now() - interval '1 second', starts_at = now() + interval '4 minutes'"


async def test_the_focus_moves_on_when_what_had_it_is_gone(desk: Desk) -> None:
    mira = await caller(desk.floor.office)
    booked = await mira.book()
    page = await desk.context.new_page()
    await page.goto(mira.address)
    await page.get_by_role("button", name="Move").focus()
    await mira.call_becomes(booked, NEAR)
    await desk.floor.wake(f"escalation:{mira.escalation_id}")
    await expect(page.get_by_role("button", name="I am here")).to_be_focused(timeout=30_000)


async def test_without_scripts_the_page_loads_again_with_the_focus_on_its_line(desk: Desk) -> None:
    mira = await caller(desk.floor.office)
    await mira.call_becomes(await mira.book(), NEAR)
    browser, base = desk.context.browser, (await desk.open()).url.removesuffix("/desk")
    assert browser is not None
    page = await (await browser.new_context(java_script_enabled=False, base_url=base)).new_page()
    for again in ("", "a", "b"):
        address = f"{mira.address}?again={again}#live" if again else mira.address
        await page.goto(address)
        if again:
            await expect(page.locator("#live")).to_be_focused()
        refresh = re.search(r'http-equiv="refresh" content="10;url=([^"]+)"', await page.content())
        assert refresh is not None
        assert refresh[1] == f"{mira.address}?again={'b' if again == 'a' else 'a'}#live"
