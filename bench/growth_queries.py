"""What pages and background processes read and write, one entry per page or task."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.archive.lives import lock_next_ended, read_document, remove_heavy_rows
from database.stores.backtest.arrivals import count_past
from database.stores.call import find_join
from database.stores.customer_link import find_link
from database.stores.directory.agent_states import read_colleagues
from database.stores.directory.read import read_directory
from database.stores.escalations.customer_history import past_escalations
from database.stores.escalations.outbox import take_unrelayed
from database.stores.escalations.raised import raised_by
from database.stores.journal import message_queue, timeline
from database.stores.journal.audit_log import audit_entries
from database.stores.journal.retention import remove_batch
from database.stores.queries import desk, outcomes
from database.stores.queries.board import read_board
from database.stores.queries.desk_changes import DeskMoment, read_many_desk_changes
from database.stores.queries.escalation_detail import read_whole
from database.stores.queries.escalation_list import (
    EscalationFilter,
    counts_by_state,
    list_newest,
    list_stuck_first,
)
from database.stores.rounds.due_calls import read_due, read_soon
from database.stores.rounds.repair import audit, counted_repairs, open_after
from database.stores.rules.rollout_outcomes import rollout_sides
from database.stores.search_clock import read_search_clock
from database.stores.survey_page import find_survey
from domain.escalation import OPEN_STATES, Kind
from domain.ids import Tokens
from domain.letter import Channel
from domain.retention import Expiring
from domain.rounds.search_clock import SearchClock

TOKENS = Tokens(b"a key for nobody's use but a bench")


@dataclass(frozen=True)
class Sample:
    """What a query is about: another escalation, customer and person each time."""

    escalations: Sequence[str]
    """Ended ones, from all times."""
    live: Sequence[str]
    people: Sequence[int]
    agent: str
    """The name of one of these people."""
    lives: int
    now: datetime
    number: int = 0

    @staticmethod
    async def draw(conn: AsyncConnection, lives: int) -> Sample:
        served = f"SELECT CAST(md5('life/' || n * {lives // 60} + 1) AS uuid)::text FROM generate_series(1, 50) n"
        open_ = "SELECT id::text FROM escalation WHERE state = 'invited' ORDER BY id LIMIT 50"
        people = "SELECT id FROM person WHERE team IS NOT NULL AND active ORDER BY id"
        drawn = [list((await conn.execute(text(query))).scalars()) for query in (served, open_, people)]
        name = (await conn.execute(text("SELECT name FROM person WHERE id = :id"), {"id": drawn[2][0]})).scalar_one()
        return Sample(drawn[0], drawn[1], drawn[2], name, lives, datetime.now(UTC))

    def nth(self, number: int) -> Sample:
        return replace(self, number=number)

    @property
    def escalation(self) -> str:
        return self.escalations[self.number % len(self.escalations)]

    @property
    def open(self) -> str:
        return self.live[self.number % len(self.live)]

    @property
    def person(self) -> int:
        return self.people[self.number % len(self.people)]

    @property
    def moment(self) -> DeskMoment:
        return DeskMoment.of(self.now, "Europe/Copenhagen")

    def days(self, number: int) -> outcomes.Period:
        return outcomes.Period(self.now - timedelta(days=number), self.now)


@dataclass(frozen=True)
class Query:
    name: str
    run: Callable[[AsyncConnection, Sample], Awaitable[Any]]


async def _list(conn: AsyncConnection, **sought: Any) -> None:
    await list_stuck_first(conn, EscalationFilter(**sought), limit=51)


async def _counts(conn: AsyncConnection, **sought: Any) -> None:
    await counts_by_state(conn, EscalationFilter(**sought))


async def _deep_page(conn: AsyncConnection, sample: Sample) -> None:
    await list_stuck_first(conn, EscalationFilter(), after=(sample.now - timedelta(hours=12), sample.escalation))


async def _desk(conn: AsyncConnection, sample: Sample) -> None:
    await desk.read_head(conn, sample.person, sample.now)
    await desk.find_offer(conn, sample.person, sample.moment)
    await desk.current_calls(conn, sample.person, sample.moment)
    await desk.calls_today(conn, sample.person, sample.moment)
    await raised_by(conn, sample.person)


async def _outcomes(conn: AsyncConnection, sample: Sample, days: int) -> None:
    period = sample.days(days)
    await outcomes.measure(conn, period)
    await outcomes.not_served(conn, period)
    for by in outcomes.By:
        await outcomes.measure_by(conn, period, by)
    await outcomes.by_day(conn, period, "Europe/Copenhagen")


async def _export(conn: AsyncConnection, sample: Sample) -> None:
    async with conn.stream(text("SELECT CAST(to_jsonb(v) AS text) FROM escalation_event v ORDER BY id")) as rows:
        await rows.fetchmany(5_000)


async def _colleagues(conn: AsyncConnection, sample: Sample, *, ratings: bool = False) -> None:
    await read_colleagues(conn, await read_directory(conn), sample.now, ratings=ratings)


async def _effect(conn: AsyncConnection, sample: Sample) -> None:
    await timeline.lock(conn, sample.open)
    await timeline.record(conn, sample.open, Kind.LINK_NUDGED, sample.now, key="a key")
    await message_queue.enqueue(
        conn,
        escalation_id=sample.open,
        key="a key",
        channel="mail",
        kind="reminder",
        recipient=None,
        params={},
        now=sample.now,
    )


async def _sender(conn: AsyncConnection, sample: Sample) -> None:
    await message_queue.take_due(conn, Channel.MAIL, 10, timedelta(seconds=8), {}, 4)
    await message_queue.until_next_due(conn, Channel.MAIL)


async def _auditor(conn: AsyncConnection, sample: Sample) -> None:
    await audit(conn, sample.now)
    await open_after(conn, "00000000-0000-0000-0000-000000000000", sample.now)


async def _due(conn: AsyncConnection, sample: Sample) -> None:
    clock = (await read_search_clock(conn)).clock or SearchClock(sample.now)
    await read_due(conn, clock, sample.now)
    await read_soon(conn, clock, sample.now, sample.now + timedelta(minutes=10))


async def _retention(conn: AsyncConnection, sample: Sample) -> None:
    """One batch of each kind, all older than an hour, so that even the small database has enough."""
    for what in Expiring:
        await remove_batch(conn, what, sample.now - timedelta(hours=1))


async def _archive(conn: AsyncConnection, sample: Sample) -> None:
    """One escalation, without its file. In the small database even the oldest one ends in two days."""
    row = await lock_next_ended(conn, sample.now + timedelta(days=9))
    assert row is not None
    await read_document(conn, row.id)
    await remove_heavy_rows(conn, row.id, sample.now)


async def _of_day(conn: AsyncConnection, sample: Sample, words: str = "") -> None:
    opened = (sample.now - timedelta(days=1), sample.now)
    await list_stuck_first(conn, EscalationFilter(words=words, opened=opened), limit=51)


_OPEN = tuple(state.value for state in OPEN_STATES)

QUERIES = (
    Query("An escalation's page with its story", lambda c, s: read_whole(c, s.escalation)),
    Query("The list of escalations: counts in its tabs", lambda c, s: counts_by_state(c)),
    Query("The list: open ones", lambda c, s: _list(c, states=_OPEN)),
    Query("The list: all", lambda c, s: _list(c)),
    Query("The list: closed ones", lambda c, s: _list(c, states=("closed",))),
    Query("The list: a page in the middle", _deep_page),
    Query("The list: no event for an hour", lambda c, s: _list(c, still_since=s.now - timedelta(hours=1))),
    Query("The list: a message failed", lambda c, s: _list(c, failed_messages=True)),
    Query("The list: open ones in which a message failed", lambda c, s: _list(c, states=_OPEN, failed_messages=True)),
    Query("The list: a word that many have", lambda c, s: _list(c, words="engine")),
    Query("The list: a ticket's number", lambda c, s: _list(c, words=str(s.lives // 60 * (s.number + 1) + 1))),
    Query("The list: a word that none has", lambda c, s: _list(c, words="zeppelin")),
    Query("The list: an open ticket's number", lambda c, s: _list(c, states=_OPEN, words=str(s.lives - 5 - s.number))),
    Query("The list: an agent's name", lambda c, s: _list(c, words=s.agent)),
    Query("The list: a rule's name", lambda c, s: _list(c, words="otherwise")),
    Query("The list: an escalation's id", lambda c, s: _list(c, words=s.escalation)),
    Query("The list: a help desk and a number", lambda c, s: _list(c, words=f"zendesk {s.lives // 60 * s.number + 1}")),
    Query("The list: of a rule and a team", lambda c, s: _list(c, rule="none such", team="Platform")),
    Query("The list: counts of what an agent's name finds", lambda c, s: _counts(c, words=s.agent)),
    Query("The list: counts of what a common word finds", lambda c, s: _counts(c, words="engine")),
    Query("The list: counts of what a ticket's number finds", lambda c, s: _counts(c, words=str(s.lives // 60 + 1))),
    Query("The list: a day", _of_day),
    Query("The list: a ticket's number on a day", lambda c, s: _of_day(c, s, str(s.lives - 300 - s.number))),
    Query("The API's list: newest", lambda c, s: list_newest(c)),
    Query("The API's list: newest that are closed", lambda c, s: list_newest(c, EscalationFilter(("closed",)))),
    Query("The API's list: mustering", lambda c, s: list_newest(c, EscalationFilter(("mustering",)))),
    Query("The list: repairs", lambda c, s: counted_repairs(c)),
    Query("The audit log", lambda c, s: audit_entries(c)),
    Query("The customer's page", lambda c, s: find_link(c, TOKENS.customer_link(s.open, 1))),
    Query("The join page", lambda c, s: find_join(c, "unknown")),
    Query("The survey", lambda c, s: find_survey(c, "unknown")),
    Query("A desk", _desk),
    Query("What changed on forty desks", lambda c, s: read_many_desk_changes(c, s.people[:40], s.moment)),
    Query("A customer's earlier escalations", lambda c, s: past_escalations(c, 1 + s.number, s.open)),
    Query("The board, eight hours ahead", lambda c, s: read_board(c, s.now, 8)),
    Query("Outcomes of a day, 400 calls", lambda c, s: _outcomes(c, s, 1)),
    Query("Outcomes of 28 days, 11,000 calls (small: 450)", lambda c, s: _outcomes(c, s, 28)),
    Query("A rollout's outcomes", lambda c, s: rollout_sides(c, 1, 10)),
    Query("Past escalations to simulate, of a day", lambda c, s: count_past(c, s.now - timedelta(days=1))),
    Query("The export's first 5,000 events", _export),
    Query("An effect: lock, event, message", _effect),
    Query("The relay's poll of the outbox", lambda c, s: take_unrelayed(c)),
    Query("The sender's poll of the queue", _sender),
    Query("A round's due calls", _due),
    Query("A round's people", _colleagues),
    Query("A round's people, ordered by their ratings", lambda c, s: _colleagues(c, s, ratings=True)),
    Query("The auditor", _auditor),
    Query("Retention: a batch of 500 rows of each kind", _retention),
    Query("Archiving an escalation, without its file", _archive),
)
