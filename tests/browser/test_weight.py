"""What the customer's booking page costs a phone: bytes on the wire, requests, and hosts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page, expect

from tests.browser.agent import Agent
from tests.browser.house import House
from tests.browser.images import picture
from tests.browser.looking import look

MOST_BYTES = 50_000
MOST_REQUESTS = 6


@dataclass
class Traffic:
    """Traffic by the browser's network log: compressed, with headers. A stream is a request without an end."""

    sent: dict[str, int] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)

    def request(self, event: dict[str, Any]) -> None:
        if not event["request"]["url"].startswith("data:"):
            self.asked[event["requestId"]] = event["request"]["url"]

    def finished(self, event: dict[str, Any]) -> None:
        self.sent[event["requestId"]] = int(event["encodedDataLength"])

    @property
    def total(self) -> int:
        return sum(self.sent.get(request, 0) for request in self.asked)


async def watched(page: Page) -> Traffic:
    traffic = Traffic()
    log = await page.context.new_cdp_session(page)
    log.on("Network.requestWillBeSent", traffic.request)
    log.on("Network.loadingFinished", traffic.finished)
    await log.send("Network.enable")
    return traffic


@pytest.mark.usefixtures("usual_rules")
async def test_the_booking_page_is_light(house: House, figures: list[str]) -> None:
    agent = Agent(await house.staff("Noor Haddad"))
    await agent.come_from_ticket(4713, "Which antifouling for fresh water?")
    link = await agent.escalate("Send a booking link")
    customer = await house.visitor(phone=True)
    traffic = await watched(customer.page)
    await customer.page.goto(link)
    await expect(customer.page.locator("input[name=start]").first).to_be_visible()
    assert {urlsplit(url).netloc for url in traffic.asked.values()} == {urlsplit(house.stack.url).netloc}
    assert traffic.total < MOST_BYTES
    assert len(traffic.asked) <= MOST_REQUESTS
    free = await customer.page.locator("input[name=start]").count()
    figures.append(
        f"the customer's booking page with {free} free times: {traffic.total / 1000:.1f} kB as sent, "
        f"{len(traffic.asked)} requests, no third party"
    )
    await look(customer, "book-usual")
    await customer.page.locator("input[name=start]").nth(3).check()
    label = await customer.page.locator("input[name=start]").nth(3).get_attribute("aria-label")
    await expect(customer.page.get_by_role("button", name=f"Book {label}")).to_be_visible()
    await picture(customer.page, "book-on-a-phone", 390, 760)
