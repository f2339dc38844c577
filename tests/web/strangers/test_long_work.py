"""Long computations have threads of their own: they are refused when too many wait, and delay nothing else."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from database.bounded_threads import RULES_TEXTS, BoundedThreads
from domain.failure import Overloaded
from tests.web.office import RULES, Office, office
from tests.web.strangers.requests import encoded, signed_form
from web.large_form import LARGE

__all__ = ["office"]


@asynccontextmanager
async def filled(threads: BoundedThreads, number: int) -> AsyncIterator[list[asyncio.Task[bool]]]:
    """Work that fills these threads and their queue until the block ends."""
    release = threading.Event()
    work = [asyncio.create_task(threads.run(release.wait)) for _ in range(number)]
    await asyncio.sleep(0)
    try:
        yield work
    finally:
        release.set()
        await asyncio.gather(*work, return_exceptions=True)


async def test_work_beyond_the_queue_is_refused_at_once() -> None:
    threads = BoundedThreads("test", at_once=1, waiting=2)
    async with filled(threads, 3) as work:
        with pytest.raises(Overloaded):
            await threads.run(sum, (1, 2))
        work[-1].cancel()
        await asyncio.sleep(0)
        last = asyncio.create_task(threads.run(sum, (1, 2)))
        await asyncio.sleep(0)
        assert not last.done()
    assert await last == 3
    assert await threads.run(max, 1, 2) == 2


async def test_work_given_up_while_it_computes_keeps_its_place() -> None:
    threads = BoundedThreads("test", at_once=1, waiting=0)
    begun, release = threading.Event(), threading.Event()

    def compute() -> None:
        begun.set()
        release.wait()

    task = asyncio.create_task(threads.run(compute))
    await asyncio.to_thread(begun.wait)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(Overloaded):
        await threads.run(sum, (1, 2))
    release.set()


async def test_everything_else_is_answered_while_long_checks_of_rules_run(office: Office) -> None:
    manager = await office.browser("Marta Manager")
    headers, fields = await signed_form(office, manager, "/rules/edit")
    body = encoded(fields | {"text": RULES})
    async with filled(RULES_TEXTS, 18):
        refused = await manager.client.post("/rules/check", content=body, headers=headers)
        assert refused.status_code == 503
        assert int(refused.headers["Retry-After"]) > 0
        assert "We are very busy right now" in refused.text
        for page in ("/desk", "/board", "/shifts/me"):
            assert (await manager.client.get(page)).status_code == 200, page
        large = encoded(fields | {"reason": "x" * LARGE})
        assert (await manager.client.post("/sessions/end", content=large, headers=headers)).status_code == 200
    checked = await manager.client.post("/rules/check", content=body, headers=headers)
    assert checked.status_code == 200
