"""A manager tries a draft on the past: the result appears under the draft, which stays as typed."""

from __future__ import annotations

import re

from playwright.async_api import expect

from tests.browser.house import House
from tests.browser.looking import look

BILLING = 'send to team "Office"'


async def test_a_backtest_appears_under_the_draft(house: House) -> None:
    ticket = ("--ticket", "https://harbor.zendesk.com/agent/tickets/8080", "--email", "past@olsen.example")
    facts = ("product area=billing", "priority=normal", "replies=3")
    asked = [word for fact in facts for word in ("--fact", fact)]
    raised = house.stack.muster("escalate", *ticket, "--subject", "An invoice twice", *asked)
    assert raised.returncode == 0, raised.stderr
    manager = await house.staff("Signe Lund")
    page = manager.page
    await page.goto("/rules/edit")
    text = await page.locator("#text").input_value()
    assert BILLING in text
    draft = text.replace(BILLING, 'no call, say "Write to the office."')
    await page.evaluate(
        "text => { const area = document.getElementById('text'); area.value = text;"
        " area.dispatchEvent(new Event('input', {bubbles: true})); }",
        draft,
    )
    await page.get_by_role("button", name="Try it on the last 4 weeks").click()
    answer = page.locator("#past")
    await expect(answer).to_contain_text("would have been refused a call that they got")
    await expect(answer.get_by_role("link", name=re.compile("An invoice twice")).first).to_be_visible()
    await expect(page.locator("#past-said")).to_contain_text("would have gone elsewhere")
    assert await page.locator("#text").input_value() == draft
    await look(manager, "rules-past")
