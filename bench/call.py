"""A call between two browsers, each in a network of its own: how soon both hear each other, and what it survives.

Needs root, Chromium and coturn, as `make lanes` does.
"""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, Playwright, async_playwright

from tests.calls.network import CallNetwork, call_network
from tests.calls.relay import VARIABLES, relay
from tests.calls.talkers import becomes, heard, kill_browsers, launch, talker
from tests.faults.actors.agents import Agent, until_offered
from tests.faults.stack import breakable_stack
from tests.faults.trial import FaultTrial, begin_trial, in_background

CALLS, RELAYED, FAULTS = 20, 3, 2
LINK_DOWN = 5.0
_BARE = """async ([offer, answer]) => {
  if (!window.bare) {
    const stream = await navigator.mediaDevices.getUserMedia({audio: true, video: true});
    window.bare = new RTCPeerConnection();
    for (const track of stream.getTracks()) bare.addTrack(track, stream);
  }
  if (offer) await bare.setRemoteDescription(offer);
  if (answer) return bare.setRemoteDescription(answer);
  await bare.setLocalDescription();
  await new Promise((done) => {
    const complete = () => bare.iceGatheringState === "complete" && done();
    bare.onicegatheringstatechange = complete;
    complete();
  });
  return {type: bare.localDescription.type, sdp: bare.localDescription.sdp};
}"""
"""The smallest possible call: no server, the two descriptions carried from page to page by the benchmark."""


@dataclass
class Talks:
    """The two browsers, and what was measured with them, in seconds."""

    playwright: Playwright
    folder: Path
    network: CallNetwork
    trial: FaultTrial
    agent: Agent
    own: Browser
    theirs: Browser
    figures: dict[str, list[float]] = field(default_factory=dict)
    nth: int = 0

    def note(self, what: str, seconds: float) -> None:
        self.figures.setdefault(what, []).append(seconds)

    @contextlib.asynccontextmanager
    async def call(self, what: str, *, relayed: bool = False) -> AsyncIterator[tuple[Page, Page]]:
        """A call in which both hear; the customer's page first, then the agent's. Ended and wrapped up afterwards."""
        self.nth += 1
        await self.agent.be_available()
        customer = await self.trial.program.customer(self.trial.ticket(self.nth), "now")
        network = self.network
        async with (
            talker(self.theirs, network.customer_url, relayed=relayed) as theirs,
            talker(self.own, network.agent_url, relayed=relayed) as own,
        ):
            await theirs.goto(customer.link)
            await theirs.locator("#call [data-do=join]").click()
            _, offer = await until_offered([self.agent], within=60)
            began = time.monotonic()
            assert (await self.agent.accept(offer)).ok
            await own.goto((await self.agent.desk()).calls[0][2])
            await own.locator("#call [data-do=join]").click()
            await hearing(own, theirs)
            self.note(what, time.monotonic() - began)
            yield theirs, own
        await self._wrap_up()

    async def _wrap_up(self) -> None:
        for ending in ("/end", "/wrap-up"):
            form = (await self.agent.desk()).form(ending)
            if form is not None and ending == "/end":
                await self.agent.end(form.action.split("/")[-2], form)
            elif form is not None:
                await self.agent.wrap_up(form)


async def hearing(*pages: Page) -> None:
    """Wait until more sound arrives at every page than a moment ago."""
    async with asyncio.timeout(60):
        for page in pages:
            before: dict[str, Any] | None = None
            while True:
                now = await heard(page)
                if before and now and now["audio"] > before["audio"]:
                    break
                before = before or now
                await asyncio.sleep(0.02)


async def measure(folder: Path) -> str:
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(breakable_stack(folder / "home", VARIABLES))
        network = await stack.enter_async_context(call_network(running.stack.port))
        trial = await stack.enter_async_context(begin_trial(running, "bench"))
        playwright = await stack.enter_async_context(async_playwright())
        await stack.enter_async_context(relay(folder, network))
        (agent,) = await trial.agents("Freja Holm")
        await stack.enter_async_context(in_background(agent.beat()))
        own = await launch(playwright, folder, network, network.agent)
        theirs = await launch(playwright, folder, network, network.customer)
        talks = Talks(playwright, folder, network, trial, agent, own, theirs)
        for _ in range(CALLS):
            await bare(talks)
            async with talks.call("accept to both hear"):
                pass
        for _ in range(RELAYED):
            async with talks.call("the same through coturn alone", relayed=True):
                pass
        weight = await page_weight(talks)
        for _ in range(FAULTS):
            await unplugged(talks)
        for _ in range(FAULTS):
            await killed(talks)
        return table(talks.figures, weight)


async def bare(talks: Talks) -> None:
    """Two pages with nothing but a peer connection."""
    network = talks.network
    async with (
        talker(talks.theirs, network.customer_url) as theirs,
        talker(talks.own, network.agent_url) as own,
    ):
        for page in (theirs, own):
            await page.goto("/robots.txt")
        began = time.monotonic()
        offer = await own.evaluate(_BARE, [None, None])
        await own.evaluate(_BARE, [None, await theirs.evaluate(_BARE, [offer, None])])
        await hearing(own, theirs)
        talks.note("a bare peer connection", time.monotonic() - began)


async def unplugged(talks: Talks) -> None:
    async with talks.call("before a fault") as (theirs, own):
        talks.network.unplug()
        await asyncio.sleep(LINK_DOWN)
        talks.network.plug_in()
        began = time.monotonic()
        await hearing(theirs, own)
        talks.note("both hear again after the link was down for 5 s", time.monotonic() - began)


async def killed(talks: Talks) -> None:
    async with talks.call("before a fault") as (theirs, _):
        kill_browsers(talks.network)
        began = time.monotonic()
        await becomes(theirs, "lost", 30)
        talks.note("customer told that the agent’s browser died", time.monotonic() - began)
    talks.own = await launch(talks.playwright, talks.folder, talks.network, talks.network.agent)


async def page_weight(talks: Talks) -> str:
    """What a customer's call page costs, on the wire, for the first time."""
    customer = await talks.trial.program.customer(talks.trial.ticket("weight"), "now")
    sizes: list[int] = []
    async with talker(talks.theirs, talks.network.customer_url, phone=True) as page:
        log = await page.context.new_cdp_session(page)
        log.on("Network.loadingFinished", lambda event: sizes.append(int(event["encodedDataLength"])))
        await log.send("Network.enable")
        await page.goto(customer.link)
        await page.locator("#call [data-do=join]").wait_for()
        await asyncio.sleep(1)
    await talks.trial.program.withdraw(customer.escalation)
    return f"The customer's page with the call in it: {sum(sizes) / 1000:.1f} kB as sent, {len(sizes)} requests."


def table(figures: dict[str, Sequence[float]] | dict[str, list[float]], weight: str) -> str:
    bare_median = statistics.median(figures["a bare peer connection"])
    lines = ["| in seconds | median | worst | of | ratio to bare |", "| --- | --- | --- | --- | --- |"]
    for what, seconds in figures.items():
        if what != "before a fault":
            median = statistics.median(seconds)
            ratio = f"{median / bare_median:.1f}"
            lines.append(f"| {what} | {median:.2f} | {max(seconds):.2f} | {len(seconds)} | {ratio} |")
    return "\n".join(lines) + f"\n\nThe agent's page is loaded and “Join now” pressed by a program. {weight}"
