"""The worst kind of mail scanner: opens every link, follows pages, and submits every form unchanged."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

import httpx

from tests.faults.judging.mailbox import Mail, Mailbox
from tests.web.forms import FoundForm, forms_of

_LINKS = re.compile(r'href="([^"]+)"')
DEPTH = 2
"""Levels of pages, starting with the mail's link."""


@dataclass
class Scanner:
    """Sends headers like a program's, and, more dangerous, like a browser's on one of our own pages."""

    client: httpx.AsyncClient
    mailbox: Mailbox
    base: str
    about: str
    """Only mails whose subject contains this are scanned."""
    scanned: set[str] = field(default_factory=set)
    done: Counter[str] = field(default_factory=Counter)

    async def watch(self) -> None:
        """Scan each mail as it arrives, until cancelled."""
        while True:
            await self.scan_new()
            await asyncio.sleep(0.5)

    async def scan_new(self) -> None:
        for mail in await self.mailbox.mails():
            if self.about in mail["subject"] and mail["id"] not in self.scanned:
                await self.scan(mail)

    async def scan(self, mail: Mail) -> None:
        seen: set[str] = set()
        for link in mail["links"]:
            await self._open(link, DEPTH, seen)
        # Only now, because a mail counts as scanned once all its links are.
        self.scanned.add(mail["id"])

    async def _open(self, address: str, depth: int, seen: set[str]) -> None:
        ours = urlsplit(address).netloc == urlsplit(self.base).netloc
        if not ours or address in seen:
            return
        seen.add(address)
        await self.client.head(address)
        page = await self.client.get(address, follow_redirects=True)
        self.done["pages"] += 1
        if "html" not in page.headers.get("content-type", ""):
            return
        for form in forms_of(page.text):
            await self._submit(urljoin(str(page.url), form.action) or str(page.url), form)
        if depth > 1:
            for href in dict.fromkeys(_LINKS.findall(page.text)):
                if "/static/" not in href:
                    await self._open(urljoin(str(page.url), href.replace("&amp;", "&")), depth - 1, seen)

    async def _submit(self, address: str, form: FoundForm) -> None:
        """Submit the form without a button and with its first one; as a program, and as from one of our pages."""
        as_browser = {"Origin": self.base, "Sec-Fetch-Site": "same-origin", "Referer": address}
        for headers in ({}, as_browser):
            for button in ({}, *form.buttons[:1]):
                fields = form.fields | button
                if form.method == "post":
                    await self.client.post(address, data=fields, headers=headers)
                else:
                    await self.client.get(address, params=fields, headers=headers)
                self.done["forms"] += 1
