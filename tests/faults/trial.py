"""A trial: one ledger, those who act in it, and the judgement at its end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import secrets
import time
from collections.abc import AsyncIterator, Coroutine, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.agents import Agent
from tests.faults.evidence import Evidence
from tests.faults.judge import Verdict, judge
from tests.faults.ledger import Ledger
from tests.faults.logged import log_lines
from tests.faults.mailbox import Mail, Mailbox
from tests.faults.people import Customer, Program, address_of
from tests.faults.stack import Breakable

ARTEFACTS = Path(__file__).parents[2] / "artefacts" / "faults"
ORDINARY_MAIL = frozenset(
    {
        *("invitation", "confirmation", "moved", "cancelled", "withdrawn", "reminder", "agent_reminder"),
        *("call_now", "survey", "survey_again"),
    }
)
"""Kinds of letters of lives in which everybody comes in time."""

log = logging.getLogger(__name__)


@dataclass
class FaultTrial:
    stack: Breakable
    name: str
    ledger: Ledger
    program: Program
    mailbox: Mailbox
    logs_before: dict[Path, int]
    run: str = field(default_factory=lambda: secrets.token_hex(3))
    """Marks this trial's tickets."""
    notes: list[str] = field(default_factory=list)

    def ticket(self, name: object) -> str:
        return f"{self.run}-{name}"

    async def agents(self, *names: str) -> list[Agent]:
        """These agents, or all, signed in and available."""
        links = self.stack.sign_in_links
        people = [Agent(self.ledger, self.ledger.client(), name) for name in names or links]
        for person in people:
            await person.sign_in(links[person.name])
            await person.be_available()
        return people

    async def evidence(self) -> Evidence:
        export = await self.ledger.look(self.program.client, "/api/v1/export")
        return Evidence.of(self.ledger, export.text, await self.mailbox.mails())

    async def drained(self, within: float = 60.0) -> float:
        """Wait until nothing waits any more; returns the seconds it took."""
        began = time.monotonic()
        while backlog := (await self.evidence()).backlog:
            assert time.monotonic() - began < within, f"the backlog does not drain: {backlog}"
            await asyncio.sleep(1)
        return time.monotonic() - began

    async def survey_of(self, customer: Customer, within: float = 60.0) -> str:
        """The address of the survey that was mailed to this customer."""
        to = address_of(customer.ticket)

        def asks(mail: Mail) -> bool:
            return mail["to"] == to and any("/rate/" in link for link in mail["links"])

        mail = await self.mailbox.wait_for(asks, within, f"a survey for {to}")
        return next(str(link) for link in mail["links"] if "/rate/" in link)

    async def withdraw_all(self) -> None:
        """Take back every escalation that is still to come, so that the next trial finds everybody free."""
        rows = (await self.evidence()).rows["escalation"]
        still = [row["id"] for row in rows if row["state"] not in ("closed", "refused", "rating")]
        await asyncio.gather(*(self.program.withdraw(one) for one in still))

    async def judged(self, mail_kinds: Iterable[str] = ORDINARY_MAIL) -> Verdict:
        """Judge, keep the table, and fail unless nothing is lost, doubled, unsettled or unexpected."""
        await asyncio.sleep(1.1)  # the mailbox is read anew at most once a second
        errors = log_lines(self.logs_before, self.stack.stack.home.logs)
        verdict = judge(self.ledger, await self.evidence(), mail_kinds, errors)
        table = verdict.table(self.name, *self.notes)
        ARTEFACTS.mkdir(parents=True, exist_ok=True)
        (ARTEFACTS / f"{re.sub(r'[^a-z0-9]+', '-', self.name)}.txt").write_text(table + "\n")
        log.info("%s", table)
        assert verdict.clean, table
        return verdict


@contextlib.asynccontextmanager
async def begin_trial(stack: Breakable, name: str) -> AsyncIterator[FaultTrial]:
    stack.renew_sign_in_links()
    ledger = Ledger(stack.url)
    program = Program(ledger, ledger.client(Authorization=f"Bearer {stack.api_token}"))
    try:
        yield FaultTrial(stack, name, ledger, program, Mailbox(ledger, ledger.client()), stack.log_sizes())
    finally:
        await ledger.close()


@contextlib.asynccontextmanager
async def alive(*goings_on: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """These go on beside the block, and end with it. One that ends by itself, or fails, fails the block."""
    tasks = [asyncio.create_task(one) for one in goings_on]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        endings = await asyncio.gather(*tasks, return_exceptions=True)
    for ending in endings:
        assert isinstance(ending, asyncio.CancelledError), ending
