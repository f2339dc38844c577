"""What an agent does at the desk, by clicking."""

from __future__ import annotations

from urllib.parse import urlencode

from playwright.async_api import Page, expect

from tests.browser.visitor import Visitor

TICKETS = "https://harbor.zendesk.com/agent/tickets"


class Agent:
    """``visitor`` is signed in."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.page = visitor.page

    async def become_available(self) -> None:
        await self.page.goto("/desk")
        await self.page.get_by_role("button", name="I’m available").click()
        await expect(self.page.get_by_text("The next one will appear here automatically")).to_be_visible()

    async def go_home(self) -> None:
        """Sets the agent offline."""
        await self.page.goto("/desk")
        await self.page.click("#away-menu")
        await self.page.get_by_role("button", name="Go offline").click()
        await expect(self.page.locator("#desk-presence .state.off")).to_have_text("Offline")

    async def come_from_ticket(self, number: int, subject: str, **facts: str) -> None:
        """Opens the address that the help desk shows beside the ticket."""
        known = {"ticket": f"{TICKETS}/{number}", "subject": subject, "name": "Mira Olsen"}
        known |= {"email": "mira@olsen.example", "priority": "normal", "replies": "7", "reopened": "no"}
        await self.page.goto(f"/desk/escalate?{urlencode(known | facts)}")

    async def escalate(self, button: str) -> str:
        """One click; the customer's link, as the copy button gives it."""
        await self.page.get_by_role("button", name=button).click()
        await self.page.get_by_role("button", name="Copy").click()
        await expect(self.page.get_by_role("button", name="Copied")).to_be_visible()
        copied: str = await self.page.evaluate("navigator.clipboard.readText()")
        return copied

    async def wait_for_offer(self, seconds: float) -> None:
        """Waits for an offer, which appears without a reload."""
        await expect(self.page.get_by_role("button", name="Accept the call")).to_be_visible(timeout=1000 * seconds)

    async def accept(self) -> None:
        await self.page.get_by_role("button", name="Accept the call").click()
        await expect(self.page.get_by_role("button", name="Join the call")).to_be_visible()

    async def open_join_page(self) -> Page:
        """Opens the room in its own tab."""
        async with self.visitor.context.expect_page() as opening:
            await self.page.get_by_role("button", name="Join the call").click()
        tab = await opening.value
        await expect(tab.get_by_role("heading", name="The call")).to_be_visible()
        await expect(tab.locator("#call")).to_be_visible()
        return tab

    async def end_call(self) -> None:
        await self.page.get_by_role("button", name="End the call").click()
        await expect(self.page.get_by_text("Was it solved?")).to_be_visible()

    async def wrap_up(self, solved: str, note: str) -> None:
        await self.page.locator("article.wrap-up").get_by_label(solved, exact=True).check()
        await self.page.locator("textarea[name=note]").fill(note)
        await self.page.get_by_role("button", name="Wrap up").click()
        await expect(self.page.get_by_text("Was it solved?")).to_be_hidden()
