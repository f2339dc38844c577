"""Requests at about the same time share one query."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

import pytest

from web.batching import MOST_AT_ONCE, Batcher


class Source:
    """Answers even numbers with their double, and records the keys of each query."""

    def __init__(self) -> None:
        self.queries: list[list[int]] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.problem: Exception | None = None

    async def __call__(self, keys: Collection[int]) -> dict[int, int]:
        self.queries.append(sorted(keys))
        await self.may_answer.wait()
        if self.problem is not None:
            raise self.problem
        return {key: 2 * key for key in keys if key % 2 == 0}


async def test_requests_during_a_query_share_the_next_one() -> None:
    source = Source()
    batcher = Batcher(source)
    source.may_answer.clear()
    first = asyncio.create_task(batcher.get(2))
    await asyncio.sleep(0.01)
    others = [asyncio.create_task(batcher.get(key)) for key in (2, 3, 4, 4)]
    await asyncio.sleep(0.01)
    source.may_answer.set()
    assert await asyncio.gather(first, *others) == [4, 4, None, 8, 8]
    assert source.queries == [[2], [2, 3, 4]], "who asks later is not told what was true before"


async def test_a_pause_collects_requests() -> None:
    source = Source()
    batcher = Batcher(source, pause=0.05)
    assert await batcher.get(2) == 4
    asking = []
    for key in (4, 6, 8):
        asking.append(asyncio.create_task(batcher.get(key)))
        await asyncio.sleep(0.001)
    assert await asyncio.gather(*asking) == [8, 12, 16]
    assert source.queries == [[2], [4, 6, 8]]


async def test_an_error_reaches_each_request_and_the_next_query_runs() -> None:
    source = Source()
    batcher = Batcher(source)
    source.problem = ConnectionError("away")
    for error in await asyncio.gather(batcher.get(2), batcher.get(4), return_exceptions=True):
        assert error is source.problem
    source.problem = None
    assert await batcher.get(2) == 4


async def test_a_cancelled_request_takes_nothing_from_the_others() -> None:
    source = Source()
    batcher = Batcher(source)
    source.may_answer.clear()
    leaving, staying = (asyncio.create_task(batcher.get(2)) for _ in range(2))
    await asyncio.sleep(0.01)
    leaving.cancel()
    source.may_answer.set()
    assert await staying == 4
    with pytest.raises(asyncio.CancelledError):
        await leaving


async def test_a_query_has_at_most_so_many_keys() -> None:
    source = Source()
    batcher = Batcher(source)
    await asyncio.gather(*(batcher.get(key) for key in range(MOST_AT_ONCE + 1)))
    assert [len(queries) for queries in source.queries] == [MOST_AT_ONCE, 1]
