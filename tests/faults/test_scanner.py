"""Viewing changes nothing: a scanner that submits every form on the pages behind every mail has no effect."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from tests.faults.actors.agents import Agent, until_offered
from tests.faults.actors.people import address_of, find_form
from tests.faults.actors.scanner import Scanner
from tests.faults.judging.mailbox import Mail
from tests.faults.trial import ORDINARY_MAIL, FaultTrial, in_background

pytestmark = pytest.mark.timeout(300)

BY_PEOPLE = frozenset(
    {"booked", "moved", "cancelled", "accepted", "declined", "customer_joined", "agent_joined", "call_ended", "rated"}
)
"""Kinds of events that only people may cause."""


async def scanned(trial: FaultTrial, scanner: Scanner, to: str, words: str) -> None:
    """Wait until a mail to this person with these words in its subject has been scanned."""

    def matches(mail: Mail) -> bool:
        return mail["to"] == to and words in mail["subject"] and mail["id"] in scanner.scanned

    await trial.mailbox.wait_for(matches, 60, f"a scanned mail “{words}” to {to}")


async def done_by_people(trial: FaultTrial, escalation: str) -> list[str]:
    timeline = (await trial.program.read(escalation))["timeline"]
    return [event["kind"] for event in timeline if event["kind"] in BY_PEOPLE]


async def test_a_scanner_on_every_mailed_link_books_joins_and_rates_nothing(trial: FaultTrial) -> None:
    scanner = Scanner(trial.ledger.client(), trial.mailbox, trial.stack.url, trial.run)
    anna, ines = await trial.agents("Anna Schmidt", "Ines Costa")
    async with in_background(scanner.watch(), anna.beat(), ines.beat()):
        called = await trial.program.customer(trial.ticket("now"), "now", "billing")
        await _check_no_show(trial, scanner, ines, called.escalation, address_of(called.ticket))
        await _check_booking(trial, scanner, anna)
    trial.notes.append(f"scanned: {len(scanner.scanned)} mails, {dict(scanner.done)}")
    assert scanner.done["forms"] > 20
    await trial.withdraw_all()
    await trial.drained()
    await trial.judged(ORDINARY_MAIL | {"customer_called_for"})


async def _check_no_show(trial: FaultTrial, scanner: Scanner, agent: Agent, escalation: str, to: str) -> None:
    """A call now: its mails are scanned, the customer never joins, the agent ends it, and nobody rates."""
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


async def _check_booking(trial: FaultTrial, scanner: Scanner, agent: Agent) -> None:
    """A scanned invitation stays open; scanning neither moves, cancels nor joins the booked call."""
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
    detail = await trial.program.read(invited.escalation)
    assert (detail["state"], detail["booking"]["sequence"]) == ("accepted", 0)


async def test_viewing_a_sign_in_link_does_not_use_it_up(trial: FaultTrial) -> None:
    link = trial.stack.sign_in_links["Noor Haddad"]
    viewer = trial.ledger.client()
    for _ in range(3):
        assert (await viewer.head(link)).is_success
        assert (await viewer.get(link)).is_success
    noor = Agent(trial.ledger, trial.ledger.client(), "Noor Haddad")
    await noor.sign_in(link)
    assert (await noor.client.get("/desk")).is_success
    used = await viewer.get(urlsplit(link).path)
    assert used.is_client_error
    assert find_form(used.text, "") is None
    await trial.judged()
