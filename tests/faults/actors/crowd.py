"""Many escalations in parallel, each driven to its end by a simulated customer with a plan."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import urlsplit

from tests.faults.actors.people import Customer, address_of
from tests.faults.trial import FaultTrial

STEP = 1.5
"""Seconds between two page views of a customer."""
LONGEST_DELAY = 4.0
"""Seconds at most until a new customer begins to act."""


class CustomerPlan(Enum):
    """What a customer will do."""

    TALK = "books, talks, rates"
    NOW = "calls now, talks, rates"
    MOVE = "moves the call, talks, rates"
    CANCEL = "books and cancels"
    SILENT = "never books"


MIX = (
    CustomerPlan.TALK,
    CustomerPlan.NOW,
    CustomerPlan.TALK,
    CustomerPlan.MOVE,
    CustomerPlan.NOW,
    CustomerPlan.TALK,
    CustomerPlan.CANCEL,
    CustomerPlan.SILENT,
)


@dataclass
class Crowd:
    trial: FaultTrial
    rng: random.Random
    latest: int = 7
    """Customers who book call at the latest at this one of the starts shown; they are five seconds apart."""
    longest_delay: float = LONGEST_DELAY
    survey_within: float = 90.0
    """Seconds that customers wait for their survey."""
    links_within: float = 15.0
    """Seconds that customers wait for a newer link."""
    late_by: float = 0.0
    """Seconds that customers wait before they join."""
    rates_after: float = 0.0
    """Seconds that customers wait before they rate."""
    lives: list[asyncio.Task[str]] = field(default_factory=list)
    opened: int = 0

    async def arrive(self, number: int, plans: tuple[CustomerPlan, ...] = MIX) -> None:
        """Escalate this many tickets, and let their customers begin to act."""
        for _ in range(number):
            plan, nth = plans[self.opened % len(plans)], self.opened
            self.opened += 1
            self.lives.append(asyncio.create_task(self._live(plan, self.trial.ticket(nth))))

    async def keep_under_way(self, number: int) -> None:
        """Add customers until at least ``number`` are active: on a fast machine, escalations end sooner."""
        while (lacking := number - self.under_way) > 0:
            await self.arrive(lacking + 2)
            await asyncio.sleep(LONGEST_DELAY)

    @property
    def under_way(self) -> int:
        return sum(not life.done() for life in self.lives)

    async def end(self, within: float) -> dict[str, int]:
        """Wait up to ``within`` seconds for every escalation to end; returns the number of each ending."""
        deadline = time.monotonic() + within
        done, late = await asyncio.wait(self.lives, timeout=max(deadline - time.monotonic(), 1))
        for life in late:
            life.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        endings = [life.result() for life in done] + ["not in time"] * len(late)
        return {ending: endings.count(ending) for ending in sorted(set(endings))}

    async def _live(self, plan: CustomerPlan, ticket: str) -> str:
        mode = "now" if plan is CustomerPlan.NOW else "booking"
        area = "billing" if self.rng.random() < 0.15 else "hull"
        await asyncio.sleep(self.rng.uniform(0, self.longest_delay))
        customer = await self.trial.program.customer(ticket, mode, area)
        if plan is CustomerPlan.SILENT:
            return "silent"
        if plan is CustomerPlan.CANCEL:
            return await self._change_mind(customer)
        if plan is CustomerPlan.MOVE:
            await customer.book(self.rng.randint(14, 22))
            await customer.move(self.rng.randint(min(self.latest, 3), self.latest + 1))
        return await self.talk_and_rate(customer)

    async def _change_mind(self, customer: Customer) -> str:
        await customer.book(self.rng.randint(30, 60))
        await asyncio.sleep(self.rng.uniform(0.5, 2.5) * self.longest_delay)
        cancelled = await customer.cancel()
        return "cancelled" if cancelled is not None and cancelled.ok else "not cancelled"

    async def talk_and_rate(self, customer: Customer) -> str:
        """Follow the page, and the mails with new links, until the call is over; then rate it."""
        joined_link = ""
        while "Your call is over" not in (page := (await customer.page()).text):
            if '/book"' in page:
                await customer.book(self.rng.randint(1, self.latest))
            elif "newer link" in page or "did not take place" in page:
                if not await self._newest_link(customer):
                    return "not served"
            elif "Join now" in page or ("I am here" in page and joined_link != customer.link):
                await asyncio.sleep(self.late_by)
                joined = await customer.join(page)
                joined_link = customer.link if joined is not None and joined.ok else joined_link
            await asyncio.sleep(STEP)
        survey = await self.trial.survey_of(customer, within=self.survey_within)
        await asyncio.sleep(self.rates_after)
        rated = await customer.rate(survey, self.rng.randint(3, 5))
        return "rated" if rated.ok else "not rated"

    async def _newest_link(self, customer: Customer) -> bool:
        """Take the link from the last mail; False if no newer one arrives for a while."""
        for _ in range(int(self.links_within / STEP)):
            links = await self.trial.mailbox.links(address_of(customer.ticket), "c")
            newest = urlsplit(links[-1]).path if links else customer.link
            if newest != customer.link:
                customer.link = newest
                return True
            await asyncio.sleep(STEP)
        return False
