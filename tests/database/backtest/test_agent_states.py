"""States of agents at past moments, compared with counting by hand; and only the fields that are asked for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from database.stores.backtest.agent_states import PastCall, states_at
from database.stores.directory.agent_states import posterior_mean
from database.stores.staff.seed import seed_directory
from rules_dsl.model.decision import AgentState, OrderKey
from tests.rules_dsl.desks import directory

NOON = datetime(2026, 2, 4, 12, tzinfo=UTC)
MIDNIGHT = NOON.replace(hour=0)
AREAS = ("engine", "sails")
PEOPLE = (1, 2, 3)
_ESCALATION = text("""
INSERT INTO escalation (id, desk, ticket_system, ticket_id, ticket_url, subject, facts, customer, mode, state, plan,
  ruleset, rule, opened_by, opened_at, updated_at)
SELECT CAST(:id AS uuid), d.id, 'test', :id, '', '', CAST(:facts AS jsonb), :customer, 'now', 'closed', '{}', 'v', 'r',
  'test', :at, :at
FROM desk d
""")
_CALL = text("""
INSERT INTO call (id, escalation, nth, state, muster_at, person, accepted_at, agent_joined_at, ended_at, wrapped_up_at)
VALUES (CAST(:id AS uuid), CAST(:id AS uuid), 1, 'done', :at, :person, :at, :at, :ended, :wrapped)
""")
_OFFER = text("""
INSERT INTO offer (call, nth, person, round, state, why, made_at, expires_at)
VALUES (CAST(:id AS uuid), 1, :person, 1, 'done', '{}', :at, :at)
""")
_RATING = text("""
INSERT INTO rating (call, escalation, score, at) VALUES (CAST(:id AS uuid), CAST(:id AS uuid), :score, :ended)
""")


@dataclass(frozen=True)
class RatedCall:
    """A past call with its rating."""

    id: str
    customer: int
    area: str
    person: int
    at: datetime
    ended: datetime
    wrapped: datetime | None
    score: int


def some_calls(random: Random, count: int) -> list[RatedCall]:
    found = []
    for _ in range(count):
        at = NOON - timedelta(minutes=random.choice((random.randrange(3000), random.randrange(300_000))) - 60)
        ended = at + timedelta(minutes=random.randrange(5, 90))
        wrapped = ended + timedelta(minutes=3) if random.random() < 0.5 else None
        id_ = str(UUID(int=random.getrandbits(128)))
        customer, area = random.randint(1, 40), random.choice(AREAS)
        found.append(RatedCall(id_, customer, area, random.choice(PEOPLE), at, ended, wrapped, random.randint(1, 5)))
    return found


async def write(conn: AsyncConnection, calls: Sequence[RatedCall]) -> None:
    await conn.execute(text("SET session_replication_role = replica"))
    for one in calls:
        row = vars(one) | {"facts": json.dumps({"product area": one.area})}
        for statement in (_ESCALATION, _CALL, _OFFER, _RATING):
            names = statement.compile().params
            await conn.execute(statement, {name: row[name] for name in names})


def by_hand(moment: PastCall, person: int, calls: Sequence[RatedCall]) -> AgentState:
    others = [one for one in calls if one.person == person and one.id != moment.escalation and one.at < moment.at]
    days = [one for one in others if one.at > moment.at - timedelta(days=2)]
    ends = [min(one.wrapped or one.ended, moment.at) for one in days]
    lately = moment.at - timedelta(hours=4)
    busy = sum((end - max(one.at, lately)).total_seconds() for one, end in zip(days, ends, strict=True) if end > lately)
    rated = [
        one for one in calls if one.person == person and timedelta(0) < moment.at - one.ended < timedelta(days=180)
    ]
    here = [one for one in rated if one.area == moment.area]
    own = next(one for one in calls if one.id == moment.escalation)
    offered = [one.at for one in calls if one.person == person and one.at < moment.at]
    return AgentState(
        person,
        calls_today=sum(one.at >= moment.midnight for one in days),
        load=int(busy // 60),
        idle=int((moment.at - max(ends, default=moment.midnight)).total_seconds()),
        last_asked=int((moment.at - max(offered)).total_seconds()) if offered else 10**9,
        csat=posterior_mean(sum(one.score for one in rated), len(rated)),
        csat_here=posterior_mean(sum(one.score for one in here), len(here)),
        handled_before=any(one.customer == own.customer for one in others),
    )


async def test_states_equal_those_counted_by_hand(database: AsyncEngine) -> None:
    random = Random(8)
    calls = some_calls(random, 150)
    moments = [
        PastCall(one.id, NOON - timedelta(hours=hours), MIDNIGHT, random.choice(AREAS), PEOPLE)
        for hours, one in enumerate(calls[:8])
    ]
    async with database.begin() as conn:
        await seed_directory(conn, directory("small_team"), [], NOON)
        await write(conn, calls)
        states = await states_at(conn, moments, set(OrderKey))
        alone = await states_at(conn, moments, {OrderKey.BEST_CSAT})
        nothing = await states_at(conn, [], set(OrderKey))
    expected = {(one.escalation, who): by_hand(one, who, calls) for one in moments for who in PEOPLE}
    assert states == expected
    assert len({state.handled_before for state in expected.values()}) == 2
    assert {who: state.csat for who, state in alone.items()} == {who: state.csat for who, state in expected.items()}
    assert {state.calls_today for state in alone.values()} == {0} != {state.calls_today for state in expected.values()}
    assert nothing == {}
