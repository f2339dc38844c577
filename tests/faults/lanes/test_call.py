"""A real call between two browsers in networks of their own, while its networks, its agent and Muster's web fail."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, Playwright, async_playwright, expect

from tests.calls.network import CallNetwork, call_network
from tests.calls.relay import relay
from tests.calls.talkers import becomes, heard, kill_browsers, launch, talker
from tests.faults.actors.agents import Agent, until_offered
from tests.faults.actors.people import Customer
from tests.faults.stack import Breakable
from tests.faults.trial import FaultTrial, in_background

pytestmark = [pytest.mark.timeout(180), pytest.mark.lanes]

LINK_DOWN = 5.0
"""Seconds for which the customer has no network."""


@pytest.fixture
async def network(broken: Breakable) -> AsyncIterator[CallNetwork]:
    async with call_network(broken.stack.port) as network:
        yield network


@pytest.fixture
async def playwright() -> AsyncIterator[Playwright]:
    async with async_playwright() as started:
        yield started


async def offered_call(trial: FaultTrial, agents: list[Agent], name: str) -> tuple[Customer, Agent, str]:
    """A call now that one of these agents has accepted; the customer, the agent and the agent's join address."""
    customer = await trial.program.customer(trial.ticket(name), "now")
    agent, address = await accept(agents)
    return customer, agent, address


async def accept(agents: list[Agent]) -> tuple[Agent, str]:
    agent, offer = await until_offered(agents, within=60)
    assert (await agent.accept(offer)).ok
    return agent, (await agent.desk()).calls[0][2]


async def join(page: Page, address: str) -> None:
    """Open the page and join; the page goes on by itself."""
    await page.goto(address)
    await page.locator("#call").get_by_role("button", name="Join now").click()


async def both_hear(*pages: Page, within: float = 20) -> None:
    """Wait until sound arrives at every page: more of it than a moment ago, and with energy."""
    deadline = time.monotonic() + within
    for page in pages:
        before = await heard(page)
        while True:
            now = await heard(page)
            if before and now and now["audio"] > before["audio"] and now["energy"] > before["energy"]:
                break
            assert time.monotonic() < deadline, f"nothing heard at {page.url}: {before} {now}"
            before = before or now
            await asyncio.sleep(0.1)


async def chat_and_a_file_pass(agent: Page, customer: Page, folder: Path) -> None:
    await agent.get_by_label("Write to the customer").fill("Is the green valve open?")
    await agent.get_by_role("button", name="Send", exact=True).click()
    await expect(customer.get_by_label("Messages")).to_contain_text("Is the green valve open?")
    photo = folder / "valve\u202egpj.exe"
    content = os.urandom(300_000)
    await asyncio.to_thread(photo.write_bytes, content)
    await customer.get_by_label("File to send").set_input_files(photo)
    saved = agent.get_by_role("link", name="Save valvegpj.exe")
    async with agent.expect_download() as downloading:
        await saved.click(timeout=20_000)
    arrived = await (await downloading.value).path()
    assert await asyncio.to_thread(arrived.read_bytes) == content


async def test_a_call_outlives_its_networks_the_web_and_its_agent(
    trial: FaultTrial, network: CallNetwork, playwright: Playwright, tmp_path: Path
) -> None:
    agents = await trial.agents("Freja Holm", "Lukas Weber")
    mira, first, address = await offered_call(trial, agents, "talk")
    second = next(agent for agent in agents if agent is not first)
    own = await launch(playwright, tmp_path, network, network.agent)
    theirs = await launch(playwright, tmp_path, network, network.customer)
    async with talker(theirs, network.customer_url, phone=True) as customer, in_background(second.beat()):
        async with talker(own, network.agent_url) as agent:
            await join(customer, mira.link)
            await join(agent, address)
            await both_hear(agent, customer)
            await chat_and_a_file_pass(agent, customer, tmp_path)
            network.unplug()
            await asyncio.sleep(LINK_DOWN)
            network.plug_in()
            await becomes(customer, "connected", 30)
            await both_hear(agent, customer, within=30)
            killed = trial.stack.kill("web")
            await both_hear(agent, customer)
            trial.recovered(await trial.stack.wait_back(killed))
            await becomes(customer, "connected")
            assert await connections(agent) == await connections(customer) == 1, "it was one connection throughout"
            kill_browsers(network)
            await becomes(customer, "lost", 20)
        own = await launch(playwright, tmp_path, network, network.agent)
        _, address = await accept([second])
        async with talker(own, network.agent_url) as agent:
            await join(agent, address)
            await both_hear(agent, customer, within=30)
            await expect(customer.get_by_role("button", name="Leave")).to_be_visible()
            await agent.get_by_role("button", name="End the call").click()
            await becomes(agent, "ended")
            await expect(customer.locator("[data-call=ended]").first).to_be_attached(timeout=15_000)
    await told_in_order(trial, mira)


async def connections(page: Page) -> int:
    number: int = await page.evaluate("connections.length")
    return number


async def told_in_order(trial: FaultTrial, mira: Customer) -> None:
    """The timeline says what happened; nobody had to press anything."""
    rows = (await trial.evidence()).rows["escalation_event"]
    kinds = [row["kind"] for row in rows if row["escalation"] == mira.escalation]
    assert "customer_alone" not in kinds
    happened = [kind for kind in kinds if kind in ("agent_lost", "agent_vanished", "accepted", "call_ended")]
    assert happened == ["accepted", "agent_lost", "agent_vanished", "accepted", "call_ended"], kinds


async def test_a_customer_without_devices_in_two_tabs_listens_through_a_relay_alone(
    trial: FaultTrial, network: CallNetwork, playwright: Playwright, tmp_path: Path
) -> None:
    mira, _, address = await offered_call(trial, await trial.agents("Freja Holm"), "relay")
    own = await launch(playwright, tmp_path, network, network.agent)
    theirs = await launch(playwright, tmp_path, network, network.customer, granted=False)
    async with (
        relay(tmp_path, network),
        talker(theirs, network.customer_url, relayed=True) as customer,
        talker(theirs, network.customer_url, relayed=True) as other_tab,
        talker(own, network.agent_url, relayed=True) as agent,
    ):
        await join(other_tab, mira.link)
        await join(agent, address)
        await both_hear(other_tab)
        await expect(other_tab.get_by_role("alert")).to_contain_text("does not let this page use your microphone")
        await join(customer, mira.link)
        await both_hear(customer)
        await expect(other_tab.get_by_role("status")).to_contain_text("This call is open in another window")
        assert await heard(other_tab) is None, "its connection is closed"
        for page in (agent, customer):
            found = await heard(page)
            assert found is not None
            assert found["way"] == "relay"
        await customer.get_by_label("Write to").fill("I have no microphone here.")
        await customer.get_by_role("button", name="Send", exact=True).click()
        await expect(agent.get_by_label("Messages")).to_contain_text("I have no microphone here.")
        await agent.get_by_role("button", name="End the call").click()
        await becomes(agent, "ended")
