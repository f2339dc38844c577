"""The pages outside of a call's life: sign-in, administration, refusals."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.agent import Agent
from tests.browser.customer import Customer
from tests.browser.house import House
from tests.browser.looking import look

_HIDDEN = """() => [...document.querySelectorAll('.book :is(input[type=radio], summary)')].slice(0, 40).filter(one => {
  scrollTo(0, 0);
  one.focus();
  const box = (one.closest('label') || one).getBoundingClientRect();
  const found = document.elementFromPoint(box.left + box.width / 2, box.bottom - 4);
  return one.offsetParent && document.activeElement === one && !(found && (found.closest('label') || found) ===
    (one.closest('label') || one));
}).map(one => one.outerHTML)"""
"""What has the focus, but is hidden behind the bar at the bottom."""


async def test_signing_in_and_out(house: House) -> None:
    stranger = await house.visitor()
    await stranger.page.goto("/desk")
    await expect(stranger.page.get_by_role("heading", name="Sign in")).to_be_visible()
    await look(stranger, "sign-in")
    await stranger.page.get_by_label("Email address").fill("freja.holm@harborboats.example")
    await stranger.page.get_by_label("Password").fill("not this one")
    await stranger.page.get_by_role("button", name="Sign in").click()
    await expect(stranger.page.get_by_role("alert")).to_be_visible()
    await look(stranger, "sign-in-refused")
    await stranger.page.goto(house.sign_in_links["Lukas Weber"])
    await look(stranger, "sign-in-link")
    for address, name in (("/c/nothing-like-it", "unknown-link"), ("/nowhere", "not-found")):
        await stranger.page.goto(address)
        await look(stranger, name)
    agent = await house.staff("Noor Haddad")
    await agent.page.goto("/admin")
    await look(agent, "forbidden")


async def test_administration(house: House) -> None:
    admin = await house.staff("Maren Dahl")
    page = admin.page
    for address, name in (("/admin", "admin"), ("/admin/audit", "admin-audit"), ("/admin/tokens", "admin-tokens")):
        await page.goto(address)
        await look(admin, name)
    await page.get_by_label("Program that will use it").fill("Help desk")
    await page.get_by_role("checkbox").first.check()
    await page.get_by_role("button", name="Create the token").click()
    await expect(page.get_by_text("it will not be shown again")).to_be_visible()
    await look(admin, "admin-token-made")


@pytest.mark.parametrize("scripts", [True, False])
async def test_a_call_that_is_cancelled(house: House, *, scripts: bool) -> None:
    agent = Agent(await house.staff("Noor Haddad"))
    await agent.come_from_ticket(4720 + scripts, "Rudder bearing has play")
    link = await agent.escalate("Send a booking link")
    customer = Customer(await house.visitor(phone=True, scripts=scripts))
    page = customer.page
    await page.goto(link)
    await page.get_by_role("link", name="change").click()
    await look(customer.visitor, "zone")
    await page.get_by_label("All places, from west to east").select_option("America/New_York")
    await page.get_by_role("button", name="Use this time zone").click()
    await expect(page.get_by_text("times in New York")).to_be_visible()
    await customer.book(10)
    await expect(page.get_by_text("New York time").first).to_be_visible()
    if scripts:
        await page.goto(f"{link}?move=1")
        await page.get_by_role("link", name="show them in Copenhagen, where this device is").click()
        await expect(page.get_by_text("times in Copenhagen")).to_be_visible()
        # A phone with its keyboard open, and a desk at 400 %.
        for width, height in ((390, 500), (320, 256)):
            await page.set_viewport_size({"width": width, "height": height})
            assert await page.evaluate(_HIDDEN) == []
        await page.goto(link)
        await expect(page.get_by_text("New York time").first).to_be_visible()
    await page.get_by_text("Cancel this call").click()
    await page.get_by_role("checkbox").check()
    await page.get_by_role("button", name="Cancel the call").click()
    await expect(page.get_by_role("heading", name="Your call is cancelled")).to_be_visible()
    await look(customer.visitor, "cancelled")
