"""Many who ask at about the same time are answered by one question."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

import pytest

from web.batching import MOST_AT_ONCE, Batcher


class Source:
    """Answers with the double of even numbers, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.problem: Exception | None = None

    async def __call__(self, keys: Collection[int]) -> dict[int, int]:
        self.asked.append(sorted(keys))
        await self.may_answer.wait()
        if self.problem is not None:
            raise self.problem
        return {key: 2 * key for key in keys if key % 2 == 0}


async def test_those_who_ask_while_a_question_runs_are_in_the_next_one() -> None:
    source = Source()
    gathered = Batcher(source)
    source.may_answer.clear()
    first = asyncio.create_task(gathered.get(2))
    await asyncio.sleep(0.01)
    others = [asyncio.create_task(gathered.get(key)) for key in (2, 3, 4, 4)]
    await asyncio.sleep(0.01)
    source.may_answer.set()
    assert await asyncio.gather(first, *others) == [4, 4, None, 8, 8]
    assert source.asked == [[2], [2, 3, 4]], "who asks later is not told what was true before"


async def test_a_pause_gathers_those_who_ask_within_it() -> None:
    source = Source()
    gathered = Batcher(source, pause=0.05)
    assert await gathered.get(2) == 4
    asking = []
    for key in (4, 6, 8):
        asking.append(asyncio.create_task(gathered.get(key)))
        await asyncio.sleep(0.001)
    assert await asyncio.gather(*asking) == [8, 12, 16]
    assert source.asked == [[2], [4, 6, 8]]


async def test_what_goes_wrong_is_told_to_each_and_the_next_question_is_asked() -> None:
    source = Source()
    gathered = Batcher(source)
    source.problem = ConnectionError("away")
    for told in await asyncio.gather(gathered.get(2), gathered.get(4), return_exceptions=True):
        assert told is source.problem
    source.problem = None
    assert await gathered.get(2) == 4


async def test_who_goes_away_takes_nothing_from_the_others() -> None:
    source = Source()
    gathered = Batcher(source)
    source.may_answer.clear()
    leaving, staying = (asyncio.create_task(gathered.get(2)) for _ in range(2))
    await asyncio.sleep(0.01)
    leaving.cancel()
    source.may_answer.set()
    assert await staying == 4
    with pytest.raises(asyncio.CancelledError):
        await leaving


async def test_a_question_holds_so_many_at_most() -> None:
    source = Source()
    gathered = Batcher(source)
    await asyncio.gather(*(gathered.get(key) for key in range(MOST_AT_ONCE + 1)))
    assert [len(asked) for asked in source.asked] == [MOST_AT_ONCE, 1]
