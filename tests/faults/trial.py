"""A trial: a ledger, the simulated people who use it, and the verdict at its end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import secrets
import time
from collections.abc import AsyncIterator, Collection, Coroutine, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tests.faults.actors.agents import Agent
from tests.faults.actors.people import Customer, Program, address_of
from tests.faults.judging.error_logs import log_lines
from tests.faults.judging.evidence import Evidence
from tests.faults.judging.judge import NEVER_EXPECTED, Verdict, judge
from tests.faults.judging.ledger import Ledger
from tests.faults.judging.mailbox import Mail, Mailbox
from tests.faults.stack import Breakable

ARTEFACTS = Path(__file__).parents[2] / "artefacts" / "faults"
ORDINARY_MAIL = frozenset(
    {
        *("invitation", "confirmation", "moved", "cancelled", "withdrawn", "reminder", "agent_reminder"),
        *("call_now", "survey", "survey_again"),
    }
)
"""Kinds of letters in escalations where everybody joins in time."""

log = logging.getLogger(__name__)


@dataclass
class FaultTrial:
    stack: Breakable
    name: str
    ledger: Ledger
    program: Program
    mailbox: Mailbox
    logs_before: dict[Path, int]
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    run: str = field(default_factory=lambda: secrets.token_hex(3))
    """Prefix of this trial's tickets."""
    notes: list[str] = field(default_factory=list)

    recoveries: list[float] = field(default_factory=list)
    """Seconds from each fault until everything was back."""

    def recovered(self, seconds: float) -> None:
        self.recoveries.append(seconds)
        self.notes.append(f"back {seconds:.1f} s after the fault")

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
        """Wait until no event or message is pending; returns the seconds it took."""
        began = time.monotonic()
        while backlog := (await self.evidence()).backlog:
            assert time.monotonic() - began < within, f"the backlog does not drain: {backlog}"
            await asyncio.sleep(1)
        return time.monotonic() - began

    async def survey_of(self, customer: Customer, within: float = 60.0) -> str:
        """Wait for this customer's survey mail; returns its link."""
        to = address_of(customer.ticket)

        def is_survey(mail: Mail) -> bool:
            return mail["to"] == to and any("/rate/" in link for link in mail["links"])

        mail = await self.mailbox.wait_for(is_survey, within, f"a survey for {to}")
        return next(str(link) for link in mail["links"] if "/rate/" in link)

    async def stories(self) -> str:
        """The timelines and messages of this trial's escalations, with times, to explain a failure."""
        rows = (await self.evidence()).rows
        happened = [(row["escalation"], row["at"], row["kind"]) for row in rows["escalation_event"]]
        happened += [
            (row["escalation"], row["sent_at"] or row["created_at"], f"{row['state']} {row['channel']} {row['kind']}")
            for row in rows["message"]
        ]
        return "\n".join(" ".join(line) for line in sorted(happened))

    async def withdraw_all(self) -> None:
        """Withdraw every open escalation, so that everybody is free in the next trial."""
        rows = (await self.evidence()).rows["escalation"]
        open_ids = [row["id"] for row in rows if row["state"] not in ("closed", "refused", "rating")]
        await asyncio.gather(*(self.program.withdraw(escalation_id) for escalation_id in open_ids))

    async def judged(
        self,
        mail_kinds: Iterable[str] = ORDINARY_MAIL,
        logged: Collection[str] = (),
        never: Iterable[str] = NEVER_EXPECTED,
    ) -> Verdict:
        """Judge, store the table, and fail if anything is lost, duplicated, unsettled or unexpected.

        ``logged`` are parts of errors that this fault makes the processes log.
        """
        await asyncio.sleep(1.1)  # the mailbox is read at most once a second
        errors = log_lines(self.logs_before, self.stack.stack.home.logs, logged)
        verdict = judge(self.ledger, await self.evidence(), mail_kinds, errors, never)
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
async def in_background(*coroutines: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Run these until the block ends. One that ends earlier or fails makes the block fail."""
    tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        endings = await asyncio.gather(*tasks, return_exceptions=True)
    for ending in endings:
        assert isinstance(ending, asyncio.CancelledError), ending
