"""Everybody who takes part in one test, each in a browser of their own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from playwright.async_api import Browser

from tests.browser.visitor import Visitor, open_browser
from tests.cli.running import Stack


@dataclass
class House:
    stack: Stack
    chromium: Browser
    visitors: list[Visitor] = field(default_factory=list)

    @property
    def sign_in_links(self) -> Mapping[str, str]:
        """Single-use links by name."""
        people = json.loads(self.stack.home.credentials.read_text())["people"]
        return {person["name"]: person["sign_in"] for person in people}

    async def visitor(self, *, phone: bool = False, scripts: bool = True) -> Visitor:
        """Opens a browser for somebody without an account."""
        visitor = await open_browser(self.chromium, self.stack.url, phone=phone, scripts=scripts)
        self.visitors.append(visitor)
        return visitor

    async def staff(self, name: str) -> Visitor:
        """Opens a browser signed in by the person's single-use link, or by the session of an earlier test."""
        visitor = await self.visitor()
        kept = self._kept(name)
        if kept.exists():
            await visitor.context.add_cookies(json.loads(kept.read_text()))
            await visitor.page.goto("/")
        else:
            await visitor.page.goto(self.sign_in_links[name])
            await visitor.page.click(f"button:has-text('Sign in as {name}')")
        await visitor.page.get_by_role("button", name="Sign out").wait_for()
        await self.keep(name, visitor)
        return visitor

    async def keep(self, name: str, visitor: Visitor) -> None:
        """Stores the sessions for the tests that follow."""
        self._kept(name).write_text(json.dumps(await visitor.context.cookies()))

    def _kept(self, name: str) -> Path:
        return self.stack.home.folder.parent / f"{name}.cookies.json"
