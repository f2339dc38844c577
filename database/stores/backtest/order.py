"""Who would have been asked first for past calls, according to the plan's order and to what had been recorded by then.

Calls, offers and ratings are recorded; presence isn't, so everybody on shift counts as present.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.backtest.agent_states import PastCall, states_at
from domain.backtest.history import Candidates, PastExample
from rules_dsl import PRODUCT_AREA, rank
from rules_dsl.directory import Directory
from rules_dsl.model.decision import AgentState, Pool

AT_MOST = 40
"""How many examples this is computed for."""


@dataclass(frozen=True)
class FirstPeople:
    """The names of the people who would have been asked first, one name for each of the two rules texts; a name is
    empty if nobody would have been asked.
    """

    before: str
    after: str


async def first_asked(
    conn: AsyncConnection, examples: Sequence[PastExample], directories: Mapping[str, Directory]
) -> dict[str, FirstPeople]:
    """For the first ``AT_MOST`` examples, who would have been asked first, keyed by escalation."""
    examples = examples[:AT_MOST]
    keys = {key for one in examples for side in _sides(one) if side.decision for key in side.decision.order}
    states = await states_at(conn, [_past_call(one, directories[one.entry.directory]) for one in examples], keys)
    result: dict[str, FirstPeople] = {}
    for one in examples:
        directory = directories[one.entry.directory]
        result[one.entry.id] = FirstPeople(*(_first(side, one, states, directory) for side in _sides(one)))
    return result


def _sides(example: PastExample) -> tuple[Candidates, Candidates]:
    return example.before, example.after


def _past_call(example: PastExample, directory: Directory) -> PastCall:
    at, area = example.entry.call_at or example.entry.opened_at, example.entry.facts.get(PRODUCT_AREA)
    midnight = at.astimezone(ZoneInfo(directory.time_zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    people = tuple(sorted({*example.before.people, *example.after.people}))
    return PastCall(example.entry.id, at, midnight, area if isinstance(area, str) else None, people)


def _first(
    side: Candidates, example: PastExample, states: Mapping[tuple[str, int], AgentState], directory: Directory
) -> str:
    if side.decision is None or not side.people:
        return ""
    own_states = {person: states[example.entry.id, person] for person in side.people}
    first = rank(side.decision, example.entry.id, Pool(0, side.people, (), True), own_states, directory)[0]
    return next(person.name for person in directory.people if person.id == first)
