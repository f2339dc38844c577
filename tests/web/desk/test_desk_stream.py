"""Which desks the stream wakes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from fastapi import Request

from database.listening import EVERYTHING
from database.stores.queries.desk_changes import DeskMoment, read_desk_changes
from database.stores.rounds.presence import set_presence
from database.stores.rounds.round import run_round
from tests.web.desk_floor import ME, Floor, floor
from tests.web.office import office
from web.desk.feed import DRAWN_AT_ONCE, REFRESH_TIME, Feed
from web.desk.live import OFFER, WAKE, draw_event
from web.live import StreamEvent
from web.security.session import SignedIn

__all__ = ["floor", "office"]

AT_ONCE = StreamEvent(WAKE, "0")
QUIET = 0.6
"""Seconds without a word after which nothing more is to come."""
SLOW = 10.0
"""Seconds within which it comes, on a busy machine too."""


@dataclass
class Stream:
    """One open desk."""

    floor: Floor
    feed: Feed
    queue: asyncio.Queue[str | None]

    async def brings(self, *payloads: str) -> list[StreamEvent]:
        """The events that these notifications send to the desk, after earlier events have passed."""
        [_ async for _ in self.comes(QUIET)]
        for payload in payloads:
            self.feed.receive(payload)
        return [event async for event in self.comes(QUIET, first=SLOW)]

    async def stays_quiet(self, *payloads: str) -> bool:
        """Whether these notifications send nothing to the desk."""
        for payload in payloads:
            self.feed.receive(payload)
        return not [event async for event in self.comes(QUIET)]

    async def comes(self, within: float, first: float | None = None) -> AsyncIterator[StreamEvent]:
        """Events until none has come for ``within`` seconds, or ``first`` seconds before the first one."""
        patience = first or within
        app, tokens = self.floor.office.app, self.floor.office.app.state.tokens
        request = Request({"type": "http", "app": app, "method": "GET", "path": "/desk/stream", "headers": []})
        me = SignedIn(self.floor.people[ME], ME, frozenset({"agent"}), b"", "Europe/Copenhagen", tokens)
        while True:
            try:
                payload = await asyncio.wait_for(self.queue.get(), patience)
            except TimeoutError:
                return
            assert payload is not None
            patience = within
            for event in draw_event(request, me, self.feed, payload):
                yield event


@pytest.fixture
async def stream(floor: Floor) -> AsyncIterator[Stream]:
    feed: Feed = floor.office.app.state.desk_feed
    with feed.subscribe(floor.people[ME]) as queue:
        assert await queue.get() == EVERYTHING, "a fresh stream wakes its desk, so that no wake-up is lost"
        stream = Stream(floor, feed, queue)
        # Listening starts with the application and wakes everybody once.
        [_ async for _ in stream.comes(1)]
        yield stream


async def test_a_round_sends_its_offers_to_their_people_alone(floor: Floor, stream: Stream) -> None:
    await floor.offer(await floor.due_call(), ME)
    await floor.offer(await floor.due_call("Mast creaks", ticket="2"), "Anna Schmidt")
    (offer,) = await stream.brings("round:1")
    assert offer.name == OFFER
    assert "Engine stops at sea" in offer.data
    assert "/1/accept" in offer.data
    assert await stream.stays_quiet("round:2")


async def test_a_sent_offer_is_not_sent_again(floor: Floor, stream: Stream) -> None:
    """Its fingerprint is the one that the desk's next refresh would find."""
    await floor.offer(await floor.due_call(), ME)
    (offer,) = await stream.brings("round:1")
    async with floor.engine.connect() as conn:
        changes = await read_desk_changes(conn, floor.people[ME], DeskMoment(datetime.now(UTC), datetime.now(UTC)))
    assert f'name="seen.offer" value="{changes.offer}"' in offer.data


async def test_a_real_round_sends_its_offer_to_the_desk(floor: Floor, stream: Stream) -> None:
    await floor.on_shift(ME)
    await floor.due_call()
    async with floor.engine.begin() as conn:
        await set_presence(conn, floor.people[ME], "available", "", datetime.now(UTC))
    async with floor.engine.begin() as conn:
        report = await run_round(conn, floor.office.app.state.tokens)
    assert report is not None
    assert report.offers == 1
    assert OFFER in [event.name async for event in stream.comes(2)]


async def test_an_escalation_wakes_the_agent_of_its_call(floor: Floor, stream: Stream) -> None:
    made, other = await floor.due_call(), await floor.due_call("Mast creaks", ticket="2")
    await floor.change_call(made, state="taken", person=floor.people[ME], accepted_at=datetime.now(UTC))
    assert await stream.brings(f"escalation:{made.escalation_id}") == [AT_ONCE]
    assert await stream.stays_quiet(f"escalation:{other.escalation_id}")


async def test_two_notifications_of_one_event_wake_the_desk_once(floor: Floor, stream: Stream) -> None:
    made = await floor.due_call()
    await floor.change_call(made, state="taken", person=floor.people[ME], accepted_at=datetime.now(UTC))
    assert await stream.brings(f"person:{floor.people[ME]}", f"escalation:{made.escalation_id}") == [AT_ONCE]


@pytest.mark.parametrize("payload", ["person:0", "round:", "round:x", "round:99999999999999999999", "presence", ""])
async def test_what_concerns_others_or_nobody_wakes_nobody(stream: Stream, payload: str) -> None:
    assert await stream.stays_quiet(payload)


async def test_a_desk_that_lags_behind_refreshes_everything(stream: Stream) -> None:
    for number in range(250):
        stream.feed._publish(stream.floor.people[ME], f"round:{number}")
    assert stream.queue.get_nowait() == EVERYTHING


async def test_many_woken_desks_refresh_one_after_the_other(stream: Stream) -> None:
    await asyncio.sleep(2 * REFRESH_TIME)
    turns = [stream.feed.turn() for _ in range(100)]
    assert turns[0] == 0
    assert turns == sorted(turns)
    assert turns[-1] == pytest.approx(99 * REFRESH_TIME, abs=10 * REFRESH_TIME)


async def test_a_desk_that_waits_too_long_is_woken_again(stream: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.desk.feed.TIMEOUT", 0.05)
    feed, me = stream.feed, stream.floor.people[ME]
    async with contextlib.AsyncExitStack() as others:
        for _ in range(DRAWN_AT_ONCE):
            assert await others.enter_async_context(feed.drawing(0))
        async with feed.drawing(me) as turn:
            assert not turn
        assert [event.name async for event in stream.comes(QUIET)] == [WAKE]
    async with feed.drawing(me) as turn:
        assert turn
