"""Looking changes nothing: a scanner that submits every form in every mail's pages has no effect at all."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from tests.faults.agents import Agent, until_offered
from tests.faults.mailbox import Mail
from tests.faults.people import address_of, find_form
from tests.faults.scanner import Scanner
from tests.faults.trial import ORDINARY_MAIL, FaultTrial, alive

pytestmark = pytest.mark.timeout(300)

BY_PEOPLE = frozenset(
    {"booked", "moved", "cancelled", "accepted", "declined", "customer_joined", "agent_joined", "call_ended", "rated"}
)
"""Kinds of events that only a person may cause."""


async def scanned(trial: FaultTrial, scanner: Scanner, to: str, words: str) -> None:
    """Wait until a mail to this person with these words in its subject came and was scanned."""

    def is_it(mail: Mail) -> bool:
        return mail["to"] == to and words in mail["subject"] and mail["id"] in scanner.scanned

    await trial.mailbox.wait_for(is_it, 60, f"a scanned mail “{words}” to {to}")


async def done_by_people(trial: FaultTrial, escalation: str) -> list[str]:
    timeline = (await trial.program.read(escalation))["timeline"]
    return [event["kind"] for event in timeline if event["kind"] in BY_PEOPLE]


async def test_a_scanner_on_every_mailed_link_books_joins_and_rates_nothing(trial: FaultTrial) -> None:
    scanner = Scanner(trial.ledger.client(), trial.mailbox, trial.stack.url, trial.run)
    anna, ines = await trial.agents("Anna Schmidt", "Ines Costa")
    async with alive(scanner.watch(), anna.beat(), ines.beat()):
        called = await trial.program.customer(trial.ticket("now"), "now", "billing")
        await _is_called_and_does_not_come(trial, scanner, ines, called.escalation, address_of(called.ticket))
        await _is_invited_and_books_alone(trial, scanner, anna)
    trial.notes.append(f"scanned: {len(scanner.scanned)} mails, {dict(scanner.done)}")
    assert scanner.done["forms"] > 20
    await trial.withdraw_all()
    await trial.drained()
    await trial.judged(ORDINARY_MAIL | {"customer_called_for"})


async def _is_called_and_does_not_come(
    trial: FaultTrial, scanner: Scanner, agent: Agent, escalation: str, to: str
) -> None:
    """A call now. Its mails are scanned, its customer never comes; the agent gives up; nobody rates."""
    await scanned(trial, scanner, to, "Join your call now")
    _, offer = await until_offered([agent])
    assert await done_by_people(trial, escalation) == []
    await agent.accept(offer)
    await agent.join()
    await scanned(trial, scanner, to, "We are here for your call")
    assert await done_by_people(trial, escalation) == ["accepted", "agent_joined"]
    assert (await trial.program.read(escalation))["call"]["customer_joined_at"] is None
    form = (await agent.desk()).form("/end")
    assert form is not None
    await agent.end(offer.call, form)
    wrap_up = (await agent.desk()).form("/wrap-up")
    assert wrap_up is not None
    await agent.wrap_up(wrap_up)
    await scanned(trial, scanner, to, "How was your call?")
    assert (await trial.program.read(escalation))["rating"] is None


async def _is_invited_and_books_alone(trial: FaultTrial, scanner: Scanner, agent: Agent) -> None:
    """An invitation is scanned and still open; the booked call is neither moved, cancelled nor joined by scanning."""
    invited = await trial.program.customer(trial.ticket("booked"))
    to = address_of(invited.ticket)
    await scanned(trial, scanner, to, "Pick a time")
    assert await done_by_people(trial, invited.escalation) == []
    booked = await invited.book(5)
    assert booked.ok
    await scanned(trial, scanner, to, "Your call is booked")
    assert await done_by_people(trial, invited.escalation) == ["booked"]
    _, offer = await until_offered([agent], within=60)
    await agent.accept(offer)
    await scanned(trial, scanner, "anna.schmidt@harborboats.example", invited.ticket)
    assert await done_by_people(trial, invited.escalation) == ["booked", "accepted"]
    standing = await trial.program.read(invited.escalation)
    assert (standing["state"], standing["booking"]["sequence"]) == ("accepted", 0)


async def test_looking_at_a_sign_in_link_does_not_use_it_up(trial: FaultTrial) -> None:
    link = trial.stack.sign_in_links["Noor Haddad"]
    looker = trial.ledger.client()
    for _ in range(3):
        assert (await looker.head(link)).is_success
        assert (await looker.get(link)).is_success
    noor = Agent(trial.ledger, trial.ledger.client(), "Noor Haddad")
    await noor.sign_in(link)
    assert (await noor.client.get("/desk")).is_success
    used = await looker.get(urlsplit(link).path)
    assert used.is_client_error
    assert find_form(used.text, "") is None
    await trial.judged()
