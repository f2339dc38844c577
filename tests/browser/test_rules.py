"""A manager changes the rules: sees diagnostics for an error, publishes the fix, and goes back."""

from __future__ import annotations

from playwright.async_api import Locator, Page, expect

from tests.browser.house import House
from tests.browser.looking import look

RIGHT = 'send to team "Office"'
WRONG = 'send to team "Offise"'


async def test_an_error_is_fixed_published_and_undone(house: House) -> None:
    manager = await house.staff("Signe Lund")
    page = manager.page
    await page.goto("/rules")
    await look(manager, "rules")
    await page.get_by_role("button", name="Edit the rules").click()
    editor, sent = page.get_by_role("textbox", name="The rules"), page.locator("#text")
    text = await sent.input_value()
    await look(manager, "rules-editor")

    await _paste(page, editor, text.replace(RIGHT, WRONG))
    messages = page.locator("#messages")
    await expect(messages).to_contain_text("Offise")
    await messages.get_by_role("link", name="Go to line").first.click()
    selected = await page.evaluate("getSelection().toString()")
    assert WRONG in selected
    await page.get_by_label("Reason for this change").fill("Billing goes to the office")
    await page.get_by_role("button", name="Publish to everybody").click()
    await expect(messages).to_contain_text("Offise")
    assert WRONG in await sent.input_value()
    await look(manager, "rules-refused")

    await _paste(page, editor, text.replace("longest idle\n\notherwise", "least busy\n\notherwise"))
    await expect(messages).to_contain_text("These rules can be published")
    await page.get_by_role("button", name="Publish to everybody").click()
    await expect(page.get_by_role("status")).to_contain_text("Published")
    await look(manager, "rules-published")

    await page.get_by_role("link", name="All versions").click()
    await look(manager, "rules-versions")
    await page.get_by_role("link", name="What it changed").first.click()
    await look(manager, "rules-change")
    await page.go_back()
    await page.get_by_role("link", name="Version 1", exact=True).click()
    await look(manager, "rules-version")
    await page.get_by_role("button", name="Go back to version 1").click()
    await expect(page.get_by_role("status")).to_contain_text("Published")
    await page.get_by_role("button", name="Edit the rules").click()
    assert await sent.input_value() == text


async def _paste(page: Page, editor: Locator, text: str) -> None:
    """Replaces the whole text."""
    await page.evaluate("text => navigator.clipboard.writeText(text)", text)
    await editor.press("Control+a")
    await editor.press("Control+v")
