"""The caught mail, read over HTTP, at most once a second."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.faults.judging.ledger import Ledger

READ_EVERY = 1.0
"""Seconds."""

Mail = dict[str, Any]


@dataclass
class Mailbox:
    ledger: Ledger
    client: httpx.AsyncClient
    _caught: list[Mail] = field(default_factory=list)
    _read_at: float = 0.0
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def mails(self) -> list[Mail]:
        """Every mail, oldest first."""
        async with self._reading:
            if time.monotonic() - self._read_at > READ_EVERY:
                self._caught = (await self.ledger.look(self.client, "/dev/mail.json")).json()
                self._read_at = time.monotonic()
        return self._caught

    async def links(self, to: str, kind: str) -> list[str]:
        """Addresses like ``/rate/…`` in the mails to this person, oldest first."""
        sent = [mail for mail in await self.mails() if mail["to"] == to]
        return [link for mail in sent for link in mail["links"] if f"/{kind}/" in link]

    async def wait_for(self, matches: Callable[[Mail], bool], within: float, what: str) -> Mail:
        deadline = time.monotonic() + within
        while True:
            for mail in await self.mails():
                if matches(mail):
                    return mail
            assert time.monotonic() < deadline, f"not within {within} s: {what}"
            await asyncio.sleep(READ_EVERY)
