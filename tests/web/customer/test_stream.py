"""The stream of a customer's page: the page as it is now, as soon as it looks different, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from datetime import UTC, datetime

import pytest
from fastapi import Request
from sqlalchemy import text
from starlette.responses import StreamingResponse

from database.stores.journal.timeline import notify
from database.stores.muster import renew_after
from domain.escalation import Kind, Mode
from domain.ids import LIVE_CHANNEL
from tests.web.customers import Caller, caller, visitor
from tests.web.office import Office, office
from web.customer import feed as feed_module
from web.customer.customer_link import CustomerRequest
from web.customer.feed import CustomerFeed
from web.customer.stream import stream

__all__ = ["office"]

QUIET = 0.6
"""Seconds without a word after which nothing more is to come."""
SLOW = 20.0
"""Seconds within which it comes, on a busy machine too."""


class OpenPage:
    """What the stream of one open page has sent."""

    def __init__(self, response: StreamingResponse) -> None:
        self._heard: asyncio.Queue[str] = asyncio.Queue()
        self._hearing = asyncio.create_task(self._hear(response))

    async def _hear(self, response: StreamingResponse) -> None:
        async for frame in response.body_iterator:
            assert isinstance(frame, bytes)
            if not frame.startswith((b":", b"retry")):
                await self._heard.put(frame.decode())

    async def brings(self) -> str:
        return await asyncio.wait_for(self._heard.get(), SLOW)

    async def stays_quiet(self) -> bool:
        try:
            await asyncio.wait_for(self._heard.get(), QUIET)
        except TimeoutError:
            return True
        return False

    async def close(self) -> None:
        self._hearing.cancel()
        await asyncio.gather(self._hearing, return_exceptions=True)


@asynccontextmanager
async def opened(office: Office, mira: Caller, **query: str) -> AsyncIterator[OpenPage]:
    app = office.app
    scope = {"type": "http", "app": app, "method": "GET", "path": mira.address, "headers": [], "query_string": b""}
    request = Request(scope | {"path_params": {"token": mira.token}, "client": ("127.0.0.1", 1)})
    visit = CustomerRequest(request, office.engine, app.state.tokens, app.state.link_limit)
    page = OpenPage(await stream(visit, app.state.customer_feed, mira.token, **query))
    try:
        yield page
    finally:
        await page.close()


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "LOOK_EVERY", 0.2)


async def test_an_open_page_is_sent_whenever_it_looks_different(office: Office) -> None:
    mira = await caller(office)
    booked = await mira.book()
    async with opened(office, mira) as page:
        assert "is booked" in await page.brings()
        assert await page.stays_quiet()
        await mira.call_becomes(booked, "muster_at = now() - interval '1 second', state = 'waiting'")
        assert "We are finding someone" in await page.brings(), "nobody announces a moment that passes"
        await mira.call_becomes(booked, "place = 2, estimate = 'minutes', search_began_at = now()")
        assert "One call is ahead of yours" in await page.brings()
        assert await page.stays_quiet()


async def test_a_change_is_sent_at_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "LOOK_EVERY", 1000.0)
    mira = await caller(office, mode=Mode.NOW)
    async with opened(office, mira) as page:
        assert "Your call" in await page.brings()
        async with office.engine.begin() as conn:
            await conn.execute(text("UPDATE call SET state = 'taken', accepted_at = now()"))
            await notify(conn, LIVE_CHANNEL, f"escalation:{mira.escalation_id}")
        said = await page.brings()
        assert "has taken your call" in said
        assert "<title>Join now" in said


@pytest.mark.usefixtures("often")
async def test_whoever_chooses_a_time_is_disturbed_only_if_there_is_nothing_to_choose(office: Office) -> None:
    mira = await caller(office)
    async with opened(office, mira) as page:
        assert await page.stays_quiet()
        booked = await mira.book()
        assert "is booked" in await page.brings()
    async with opened(office, mira, choosing="move") as page:
        assert await page.stays_quiet()
        await mira.call_becomes(booked, "muster_at = now() - interval '1 second', state = 'waiting'")
        assert "We are finding someone" in await page.brings()


@pytest.mark.usefixtures("often")
async def test_an_older_link_leads_on_while_it_is_open(office: Office) -> None:
    mira = await caller(office)
    booked = await mira.book()
    async with opened(office, mira) as page:
        await page.brings()
        await mira.call_becomes(booked, "state = 'unserved'")
        assert "did not take place" in await page.brings()
        tokens = office.app.state.tokens
        async with office.engine.begin() as conn:
            now, kind = datetime.now(UTC), Kind.NOBODY_AVAILABLE
            await renew_after(conn, mira.escalation_id, booked.call_id, kind, "nobody_available", tokens, now)
        newer = tokens.customer_link(mira.escalation_id, 2)
        assert await page.brings() == f"event: moved\ndata: /c/{newer}\n\n"


async def test_one_link_holds_a_bounded_number_of_streams(office: Office) -> None:
    mira = await caller(office)
    link = await mira.link()
    feed: CustomerFeed = office.app.state.customer_feed
    with ExitStack() as windows:
        for _ in range(feed_module.PAGES_OF_LINK):
            feed.admit(link.link_id)
            windows.enter_context(feed.watch(link.link_id, mira.escalation_id))
        async with visitor(office.app) as client:
            refused = await client.get(f"{mira.address}/stream")
        assert refused.status_code == 429
        assert "Close it in other windows" in refused.text
    feed.admit(link.link_id)


async def test_pages_of_the_previous_release_load_this_one(office: Office) -> None:
    mira = await caller(office)
    async with visitor(office.app) as client:
        assert (await client.get(f"{mira.address}/line")).headers["HX-Refresh"] == "true"
