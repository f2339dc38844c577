"""One support call from the agent's click to the manager's figures, as everybody sees it."""

from __future__ import annotations

import re

from playwright.async_api import expect

from tests.browser.agent import Agent
from tests.browser.customer import Customer
from tests.browser.house import House
from tests.browser.images import picture
from tests.browser.looking import look
from tests.browser.visitor import Visitor

SUBJECT = "Engine stops at sea"
COMMENT = "Friendly, but the engine still stops. Nobody had read my first mail."
NOTE = "Tank breather blocked; a mechanic in Marstal looks on Tuesday."


async def test_a_call_from_the_click_to_the_figures(house: House) -> None:
    agent = Agent(await house.staff("Freja Holm"))
    customer = Customer(await house.visitor(phone=True, scripts=False))
    await agent_escalates(agent)
    await customer_books(customer)
    await agent_waits(agent)
    await customer_moves(customer)
    story = await ops_watch(house)
    await they_find_each_other(agent, customer)
    await they_talk(agent, customer)
    await customer_rates(customer)
    await agent.go_home()
    await ops_read_the_story(story)
    await manager_reads_the_figures(house)


async def agent_escalates(agent: Agent) -> None:
    await agent.come_from_ticket(4711, SUBJECT, **{"product area": "engine", "tags": "diesel, charter"})
    await look(agent.visitor, "escalate")
    link = await agent.escalate("Send a booking link")
    assert re.fullmatch(rf"{re.escape(agent.visitor.base)}/c/[\w-]{{43}}", link)


async def customer_books(customer: Customer) -> None:
    await customer.open_mailed_link("Engine stops at sea")
    await look(customer.visitor, "book")
    await customer.book(8)
    await look(customer.visitor, "booked")


async def customer_moves(customer: Customer) -> None:
    """Moves to the next free time, which begins in less than a minute."""
    await customer.page.get_by_role("button", name="Move").click()
    await look(customer.visitor, "move")
    await customer.page.reload()
    await customer.book(0, "Move to")


async def ops_watch(house: House) -> Visitor:
    """Opens the story, which updates itself while things happen."""
    ops = await house.staff("Tomas Novak")
    await look(ops, "ops-list")
    await ops.page.get_by_role("link", name=SUBJECT).click()
    await expect(ops.page.locator("#story")).to_contain_text("Mira Olsen moved the call")
    await ops.page.get_by_text("Why this rule").click()
    return ops


async def agent_waits(agent: Agent) -> None:
    await look(agent.visitor, "escalated")
    await agent.page.goto("/desk")
    await look(agent.visitor, "desk-offline")
    await agent.become_available()
    await look(agent.visitor, "desk-idle")


async def they_find_each_other(agent: Agent, customer: Customer) -> None:
    """The offer appears on the desk without a reload, and the customer's page follows each stage."""
    await customer.read("We will look for someone from Support shortly before your call begins")
    await agent.wait_for_offer(90)
    await customer.read("We are asking someone from Support right now", 10)
    await customer.say_i_am_here()
    assert (await agent.page.title()).startswith("◎ 0:")
    await expect(agent.page.locator(".why")).to_contain_text("Why you:")
    await picture(agent.page, "desk-offer", 1120, 560)
    await agent.page.get_by_text("Context: ticket, customer, why you").click()
    await look(agent.visitor, "desk-offer")
    await agent.accept()
    await customer.read("Someone from Support has taken your call and will join you")


async def they_talk(agent: Agent, customer: Customer) -> None:
    tab = await agent.open_join_page()
    await tab.get_by_role("button", name="Join now").click()
    await expect(tab.get_by_text("The customer has not connected yet")).to_be_visible()
    await customer.read("Your call has begun: someone from Support is in the room")
    await look(customer.visitor, "waiting-room")
    await customer.open_join_page()
    await customer.join()
    await look(customer.visitor, "call")
    await expect(agent.page.get_by_text("Mira Olsen joined at")).to_be_visible()
    await look(agent.visitor, "desk-call")
    await agent.end_call()
    await look(agent.visitor, "desk-wrap-up")
    await agent.wrap_up("Follow-up", NOTE)


async def customer_rates(customer: Customer) -> None:
    await customer.open_mailed_link("How was")
    await look(customer.visitor, "rate")
    await customer.rate(2, COMMENT)
    await look(customer.visitor, "rated")
    await customer.page.goto("/dev/mail")
    await look(customer.visitor, "mailbox")
    await customer.page.locator(".mails a").first.click()
    await look(customer.visitor, "mail")


async def manager_reads_the_figures(house: House) -> None:
    manager = await house.staff("Signe Lund")
    await manager.page.goto("/outcomes")
    for by, name in (("title", "Advisor"), ("team", "Support"), ("person", "Freja Holm")):
        group = manager.page.locator("section", has=manager.page.locator(f"#by-{by}"))
        await group.get_by_text("Figures", exact=True).click()
        await expect(group.locator("tbody tr", has_text=name)).to_contain_text("2.0")
    await look(manager, "outcomes")


async def ops_read_the_story(ops: Visitor) -> None:
    """The story has updated itself, and unfolded parts stayed open."""
    page = ops.page
    story, side = page.locator("#story"), page.locator("#side")
    for told in ("Freja Holm accepted the call", COMMENT, NOTE, "The escalation was closed"):
        await expect(story).to_contain_text(told)
    await expect(side.get_by_text("Decided", exact=False)).to_be_visible()
    await side.get_by_text("Freja Holm: took it").click()
    await expect(side).to_contain_text("Why Freja Holm")
    await expect(side.locator(".mails")).to_contain_text("survey")
    await picture(page, "story", 1200, 920)
    await page.reload()
    await page.get_by_text(re.compile(r"\d+ Temporal events")).click()
    await expect(page.get_by_role("cell", name="workflow execution started")).to_be_visible()
    await look(ops, "ops-story")
