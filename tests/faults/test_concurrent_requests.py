"""Concurrent requests: fifty posts to one link, double clicks, the last seat, the last moment of an offer."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Iterable
from urllib.parse import urlencode, urlsplit

import pytest

from tests.faults.actors.agents import Agent, until_offered
from tests.faults.actors.people import Customer
from tests.faults.judging.ledger import Answer, Entry
from tests.faults.trial import ORDINARY_MAIL, FaultTrial, in_background

pytestmark = pytest.mark.timeout(300)

FAR = 80
"""Index of a start that is minutes away, so that nothing happens during the test."""


async def starts_of(customer: Customer) -> list[str]:
    form = await customer.form("/book")
    assert form is not None
    return form.choices["start"]


async def book_at(customer: Customer, start: str) -> Entry:
    form = await customer.form("/book")
    assert form is not None
    return await customer.choose("book", start, form)


async def test_fifty_posts_of_one_link_book_one_call(trial: FaultTrial) -> None:
    customer = await trial.program.customer(trial.ticket("fifty"))
    form = await customer.form("/book")
    assert form is not None
    starts = form.choices["start"][FAR : FAR + 5]
    posts = await asyncio.gather(*(customer.choose("book", starts[nth % 5], form) for nth in range(50)))
    booked = {post.about["start"] for post in posts if post.ok}
    assert len(booked) == 1
    assert Counter(post.settled for post in posts) == {Answer.OK: 10, Answer.REFUSED: 40}
    booking = (await trial.program.read(customer.escalation))["booking"]
    assert booking["starts_at"] in booked
    await trial.withdraw_all()
    await trial.drained()
    await trial.judged()


async def test_a_double_click_is_one_click(trial: FaultTrial) -> None:
    customer = await trial.program.customer(trial.ticket("moved"))
    form = await customer.form("/book")
    assert form is not None
    starts = form.choices["start"][FAR:]
    await both(customer.choose("book", starts[0], form) for _ in range(2))
    moving = await customer.form("/move", "?move=1")
    assert moving is not None
    await both(customer.choose("move", starts[4], moving) for _ in range(2))
    await both(customer.cancel() for _ in range(2))

    (agent,) = await trial.agents("Ines Costa")
    async with in_background(agent.beat()):
        talked = await trial.program.customer(trial.ticket("talked"), mode="now", area="billing")
        _, offer = await until_offered([agent])
        await both(agent.accept(offer) for _ in range(2))
        ending = (await agent.desk()).form("/end")
        assert ending is not None
        await both(agent.end(offer.call, ending) for _ in range(2))
        wrap_up = (await agent.desk()).form("/wrap-up")
        assert wrap_up is not None
        await both(agent.wrap_up(wrap_up) for _ in range(2))
    survey = await trial.survey_of(talked)
    await both(talked.rate(survey, 5) for _ in range(2))
    events = Counter(event["kind"] for event in (await trial.program.read(customer.escalation))["timeline"])
    assert (events["booked"], events["moved"], events["cancelled"]) == (1, 1, 1)
    await trial.drained()
    await trial.judged()


async def both(clicks: Iterable[Awaitable[Entry | None]]) -> None:
    """Two simultaneous clicks; both get a successful answer."""
    for entry in await asyncio.gather(*clicks):
        assert entry is not None
        assert entry.ok, entry.text


async def test_the_last_seat_is_sold_once_and_the_others_see_free_times(trial: FaultTrial) -> None:
    """Twenty customers want a start with one seat; ten want one with five seats."""
    customers = await asyncio.gather(
        *(
            trial.program.customer(trial.ticket(f"{area}{nth}"), area=area)
            for area, number in (("billing", 20), ("hull", 10))
            for nth in range(number)
        )
    )
    office, support = customers[:20], customers[20:]
    for group, seats in ((office, 1), (support, 5)):
        start = (await starts_of(group[0]))[FAR]
        entries = await asyncio.gather(*(book_at(customer, start) for customer in group))
        assert sum(entry.ok for entry in entries) == seats
        for refused in (entry for entry in entries if not entry.ok):
            assert refused.response is not None
            assert refused.response.status_code == 409
            assert "nearest free times" in refused.text
            assert start not in refused.text.partition("<form")[2]
    await trial.withdraw_all()
    await trial.drained()
    await trial.judged()


async def test_an_offer_at_its_last_moment_is_accepted_or_expires_and_never_both(trial: FaultTrial) -> None:
    agents = await trial.agents()
    async with in_background(*(agent.beat() for agent in agents)):
        for nth in range(9):
            await trial.program.customer(trial.ticket(nth), "now", "billing" if nth % 3 == 0 else "hull")
        answers = await _accept_at_last(agents)
    assert len(answers) > 3
    for posts in answers:
        assert len({post.settled for post in posts}) == 1, "one offer, two answers"
    accepted = sum(posts[0].ok for posts in answers)
    trial.notes.append(f"offers at their last moment: {len(answers)}, of which accepted {accepted}")
    await trial.withdraw_all()
    await trial.drained()
    await trial.judged(ORDINARY_MAIL | {"nobody_available", "manager_nobody"})


async def _accept_at_last(agents: list[Agent]) -> list[list[Entry]]:
    """Every agent with an offer accepts it three times in parallel, around the moment when it expires."""

    async def accept_late(agent: Agent, late: float) -> list[Entry]:
        await agent.be_available()
        try:
            _, offer = await until_offered([agent], within=14)
        except AssertionError:
            return []
        await asyncio.sleep(max(offer.remaining + late, 0))
        return list(await asyncio.gather(*(agent.accept(offer) for _ in range(3))))

    moments = (-0.3, -0.1, -0.05, 0.0, 0.05, 0.2)
    return [posts for posts in await asyncio.gather(*map(accept_late, agents, moments)) if posts]


async def test_connections_closed_in_the_middle_change_and_break_nothing(trial: FaultTrial) -> None:
    customer = await trial.program.customer(trial.ticket("hung-up"))
    form = await customer.form("/book")
    assert form is not None
    sign_in = trial.stack.sign_in_links["Freja Holm"]
    await _hang_up(trial, form.action, urlencode(form.fields | {"start": form.choices["start"][FAR]}))
    await _hang_up(trial, urlsplit(sign_in).path, urlencode({"form_token": "x" * 43}))
    assert (await customer.form("/book")) is not None
    await trial.agents("Freja Holm")
    await trial.withdraw_all()
    await trial.drained()
    await trial.judged()


async def _hang_up(trial: FaultTrial, path: str, body: str) -> None:
    """Post this form several times, each time closing the connection before its end."""
    head = f"POST {path} HTTP/1.1\r\nHost: {urlsplit(trial.stack.url).netloc}\r\nContent-Length: {len(body)}\r\n"
    sent = f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\n{body[:-1]}".encode()
    for length in (10, len(head), len(sent) - 20, len(sent)):
        _, writer = await asyncio.open_connection("127.0.0.1", trial.stack.stack.port)
        writer.write(sent[:length])
        await writer.drain()
        await asyncio.sleep(0.1)
        writer.close()
        await writer.wait_closed()
