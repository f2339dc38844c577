"""A call now, with scripts: declined by one agent, accepted by another, without reloading a page."""

from __future__ import annotations

import asyncio

from playwright.async_api import Page, expect

from tests.browser.agent import Agent
from tests.browser.customer import Customer
from tests.browser.house import House
from tests.browser.looking import look

SUBJECT = "Smoke from the engine box"


async def test_declined_by_one_and_taken_by_another(house: House) -> None:
    anna, miguel = Agent(await house.staff("Anna Schmidt")), Agent(await house.staff("Miguel Torres"))
    customer = Customer(await house.visitor(phone=True))
    await anna.become_available()
    await miguel.become_available()
    opener = await house.staff("Noor Haddad")
    link = await escalate(Agent(opener))
    await customer.page.goto(link)
    await customer.page.evaluate("window.neverLoadedAgain = true")
    first, second = await who_is_asked(anna, miguel)
    await customer.read("We are asking someone from Support right now")
    await look(customer.visitor, "call-now")
    await first.page.get_by_placeholder("reason (optional)").fill("On the other line")
    await first.page.get_by_role("button", name="Decline").click()
    await second.wait_for_offer(15)
    await customer.read("We are asking someone from Support right now")
    await expect(first.page.get_by_role("button", name="Accept the call")).to_be_hidden()
    await customer.page.get_by_role("button", name="I am here").focus()
    await second.accept()
    await customer.read("Someone from Support has taken your call and will join you")
    await expect(customer.page.get_by_role("button", name="Join now")).to_be_focused()
    assert await customer.page.evaluate("window.neverLoadedAgain")
    await they_talk(second, customer)
    await customer.open_mailed_link(f"How was your call? {SUBJECT}")
    await customer.rate(5, "Called back within a minute.")
    await first.go_home()
    await second.go_home()


async def escalate(agent: Agent) -> str:
    await agent.come_from_ticket(4712, SUBJECT, **{"priority": "urgent", "product area": "engine"})
    return await agent.escalate("Call now")


async def who_is_asked(one: Agent, other: Agent) -> tuple[Agent, Agent]:
    """The agent who gets the offer, and the other one."""
    waiting = {asyncio.create_task(agent.wait_for_offer(20)): agent for agent in (one, other)}
    done, still = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in still:
        task.cancel()
    await asyncio.gather(*still, return_exceptions=True)
    first = waiting[done.pop()]
    return first, other if first is one else one


async def they_talk(agent: Agent, customer: Customer) -> None:
    await customer.join()
    await look(customer.visitor, "call-now-joined")
    tab: Page = await agent.open_join_page()
    await look(agent.visitor, "join-as-agent", tab)
    await tab.get_by_role("button", name="Join now").click()
    await expect(tab.get_by_role("button", name="Leave")).to_be_visible()
    await look(agent.visitor, "call-as-agent", tab)
    await agent.end_call()
    await agent.wrap_up("Yes", "Impeller changed by themselves while we spoke.")
