"""Whichever activity meets a locked escalation, it gives up soon, changes nothing and is tried again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, get_type_hints

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.dependencies import Dependencies
from activities.messages import (
    At,
    Ending,
    HoldSeat,
    MoveSeat,
    NudgeLink,
    OfCall,
    RateCall,
    RecordWrapUp,
    SaveRating,
    SaveWrapUp,
)
from database.engine import open_engine
from database.limits import EFFECT
from database.tables.customer_link import customer_link
from tests.database.rounds.round_floor import Floor
from workers.registration import activities_of

LOCK = 0.3
"""Seconds that these effects wait for a lock; otherwise two."""
LOCK_NOTHING = {"run_round", "settle", "move_seat"}
"""Rounds skip what is locked, ``settle`` only reads, and ``move_seat`` first refuses what isn't booked."""


def inputs(escalation: str, call: str, link: int, now: datetime) -> dict[type, Any]:
    """An input of each type that an activity takes."""
    return {
        At: At(escalation, now),
        NudgeLink: NudgeLink(escalation, link, now),
        OfCall: OfCall(escalation, call, now),
        HoldSeat: HoldSeat(escalation, link, now, now),
        MoveSeat: MoveSeat(escalation, now, now),
        Ending: Ending(escalation, "withdrawn", "person:1", now),
        SaveWrapUp: SaveWrapUp(escalation, RecordWrapUp(call, 1, "yes"), now),
        SaveRating: SaveRating(escalation, RateCall(call, 5), now),
    }


async def outcome(activity: Callable[..., Any], given: Any) -> str:
    """The kind of error that Temporal gets, and whether it tries again."""
    try:
        await ActivityEnvironment().run(activity, given)
    except ApplicationError as error:
        return f"{error.type}, {'never' if error.non_retryable else 'again'}"
    except Exception as error:
        return repr(error)
    return "done"


@pytest.mark.timeout(60)
async def test_every_activity_at_a_locked_escalation_gives_up_and_is_tried_again(
    database: AsyncEngine, database_url: str
) -> None:
    floor = Floor(database)
    await floor.furnish()
    escalation = await floor.open("locked")
    call = str((await floor.call_of(escalation)).id)
    link = (await floor.one(select(customer_link))).id
    before = await floor.timeline(escalation)
    engine = open_engine(database_url, replace(EFFECT, lock=LOCK), connections=8)
    activities = {one.__name__: one for one in activities_of(Dependencies(engine, floor.tokens))}
    given = inputs(escalation, call, link, floor.now)
    waiting = {}
    async with database.begin() as conn:
        await conn.execute(text("SELECT FROM escalation FOR UPDATE"))
        async with asyncio.TaskGroup() as group:
            for name in activities.keys() - LOCK_NOTHING:
                hints = get_type_hints(activities[name])
                (message,) = (hints[argument] for argument in hints if argument != "return")
                waiting[name] = group.create_task(outcome(activities[name], given[message]))
    await engine.dispose()
    assert {name: task.result() for name, task in waiting.items()} == dict.fromkeys(waiting, "Busy, again")
    assert await floor.timeline(escalation) == before
