"""What a customer does, by clicking, with scripts or without."""

from __future__ import annotations

import asyncio
import re
import time
from datetime import UTC, datetime, timedelta

from playwright.async_api import Locator, expect

from tests.browser.visitor import Visitor

SLOW_HANDS = timedelta(seconds=20)
"""From the page to the press of its button, at most; the hurried rules want ten seconds' notice."""


class Customer:
    """Also works without scripts: reloads pages that would otherwise update themselves."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.page = visitor.page

    async def open_mailed_link(self, subject: str, within: float = 30) -> None:
        """Waits for the newest mail with this subject, and opens its link."""
        mails = self.page.get_by_role("link", name=subject)
        deadline = time.monotonic() + within
        while True:
            await self.page.goto("/dev/mail")
            if await mails.count():
                break
            assert time.monotonic() < deadline, f"no mail {subject!r} within {within} s"
            await asyncio.sleep(0.3)
        await mails.first.click()
        await self.page.locator("pre.letter a[href*='/c/'], pre.letter a[href*='/rate/']").first.click()

    async def book(self, nth: int, button: str = "Book") -> str:
        """Books the nth free time with two clicks; returns it in UTC."""
        radio, start = await self._free_time(nth)
        await radio.check()
        await self.page.get_by_role("button", name=button).click()
        await expect(self.page.get_by_role("heading", name="Your call is booked")).to_be_visible()
        return start

    async def _free_time(self, nth: int) -> tuple[Locator, str]:
        """The nth free time that is unfolded and far enough ahead for a slow machine."""
        radios = self.page.locator("input[name=start]:visible")
        for place in range(await radios.count()):
            start = await radios.nth(place).get_attribute("value")
            assert start is not None
            if datetime.fromisoformat(start) - datetime.now(UTC) > SLOW_HANDS:
                return radios.nth(place + nth), await radios.nth(place + nth).get_attribute("value") or ""
        raise AssertionError("no time is free")

    async def read(self, line: str, within: float = 60) -> None:
        """Waits until the status line says this; without scripts, reloads the page until it does."""
        said = self.page.locator("#live", has_text=re.compile(line))
        if self.visitor.scripts:
            await expect(said).to_be_visible(timeout=1000 * within)
            return
        deadline = time.monotonic() + within
        while not await said.count():
            shown = await self.page.locator("main").inner_text()
            assert time.monotonic() < deadline, f"not within {within} s: {line}; but: {shown}"
            await asyncio.sleep(0.3)
            await self.page.reload()

    async def say_i_am_here(self) -> None:
        """With scripts by one press on the call's page; without, by its link and that page's button."""
        await self._see_call()
        for _ in range(1 if self.visitor.scripts else 2):
            await self.page.get_by_role("button", name="I am here").click()
        await self.read("We know you are here")

    async def open_join_page(self) -> None:
        await self.page.get_by_role("button", name="Join now").click()
        await expect(self.page.get_by_role("heading", name="Join your call")).to_be_visible()

    async def join(self) -> None:
        """Joins on the call's page, which scripts make a call; without them it says what to do instead."""
        await self._see_call()
        await self.page.get_by_role("button", name="Join now").click()
        if self.visitor.scripts:
            await expect(self.page.get_by_role("button", name="Leave")).to_be_visible()
        else:
            await expect(self.page.get_by_text("needs JavaScript, which is off")).to_be_visible()

    async def _see_call(self) -> None:
        if self.visitor.scripts:
            await expect(self.page.locator("#call")).to_be_visible()

    async def rate(self, score: int, comment: str) -> None:
        await self.page.locator(f"input[name=score][value='{score}']").check()
        await self.page.locator("textarea[name=comment]").fill(comment)
        await self.page.get_by_role("button", name="Send rating").click()
        answered = "We are sorry" if score < 3 else "Thank you"
        await expect(self.page.get_by_role("heading", name=answered)).to_be_visible()
