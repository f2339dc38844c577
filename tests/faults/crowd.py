"""Many lives at once, in different stages, each lived to its end by a customer with a mind of their own."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import urlsplit

from tests.faults.people import Customer, address_of
from tests.faults.trial import FaultTrial

STEP = 1.5
"""Seconds between two looks of a customer at their page."""
LONGEST_WAY = 4.0
"""Seconds within which a customer who has arrived begins to act."""


class Bent(Enum):
    """What a customer is going to do."""

    TALK = "books, talks, rates"
    NOW = "calls now, talks, rates"
    MOVE = "moves the call, talks, rates"
    CANCEL = "books and cancels"
    SILENT = "never books"


MIX = (Bent.TALK, Bent.NOW, Bent.TALK, Bent.MOVE, Bent.NOW, Bent.TALK, Bent.CANCEL, Bent.SILENT)


@dataclass
class Crowd:
    trial: FaultTrial
    chance: random.Random
    lives: list[asyncio.Task[str]] = field(default_factory=list)
    opened: int = 0

    async def arrive(self, number: int, bents: tuple[Bent, ...] = MIX) -> None:
        """So many tickets are escalated, and their customers begin to act."""
        for _ in range(number):
            bent, nth = bents[self.opened % len(bents)], self.opened
            self.opened += 1
            self.lives.append(asyncio.create_task(self._live(bent, self.trial.ticket(nth))))

    async def keep_under_way(self, number: int) -> None:
        """Let customers arrive until at least so many are under way: on a quick machine lives end sooner."""
        while (lacking := number - self.under_way) > 0:
            await self.arrive(lacking + 2)
            await asyncio.sleep(LONGEST_WAY)

    @property
    def under_way(self) -> int:
        return sum(not life.done() for life in self.lives)

    async def end(self, within: float) -> dict[str, int]:
        """Wait for every life; returns how they ended, counted."""
        deadline = time.monotonic() + within
        done, late = await asyncio.wait(self.lives, timeout=max(deadline - time.monotonic(), 1))
        for life in late:
            life.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        endings = [life.result() for life in done] + ["not in time"] * len(late)
        return {ending: endings.count(ending) for ending in sorted(set(endings))}

    async def _live(self, bent: Bent, ticket: str) -> str:
        mode = "now" if bent is Bent.NOW else "booking"
        area = "billing" if self.chance.random() < 0.15 else "hull"
        await asyncio.sleep(self.chance.uniform(0, LONGEST_WAY))
        customer = await self.trial.program.customer(ticket, mode, area)
        if bent is Bent.SILENT:
            return "silent"
        if bent is Bent.CANCEL:
            return await self._change_mind(customer)
        if bent is Bent.MOVE:
            await customer.book(self.chance.randint(14, 22))
            await customer.move(self.chance.randint(3, 8))
        return await self._talk_and_rate(customer)

    async def _change_mind(self, customer: Customer) -> str:
        await customer.book(self.chance.randint(30, 60))
        await asyncio.sleep(self.chance.uniform(2, 10))
        cancelled = await customer.cancel()
        return "cancelled" if cancelled is not None and cancelled.ok else "not cancelled"

    async def _talk_and_rate(self, customer: Customer) -> str:
        """Follow the page, and the mails with fresh links, until the call is over; then rate it."""
        here = ""
        while "Your call is over" not in (page := (await customer.page()).text):
            if '/book"' in page:
                await customer.book(self.chance.randint(1, 7))
            elif "newer link" in page or "did not take place" in page:
                if not await self._newest_link(customer):
                    return "not served"
            elif "Join now" in page or ("I am here" in page and here != customer.link):
                joined = await customer.join(page)
                here = customer.link if joined is not None and joined.ok else here
            await asyncio.sleep(STEP)
        survey = await self.trial.survey_of(customer, within=90)
        rated = await customer.rate(survey, self.chance.randint(3, 5))
        return "rated" if rated.ok else "not rated"

    async def _newest_link(self, customer: Customer) -> bool:
        """Take the link of the last mail; False where it stays the one that is over, for a while."""
        for _ in range(10):
            links = await self.trial.mailbox.links(address_of(customer.ticket), "c")
            newest = urlsplit(links[-1]).path if links else customer.link
            if newest != customer.link:
                customer.link = newest
                return True
            await asyncio.sleep(STEP)
        return False
