"""Outcomes of calls in a period: in total and by title, team and person.

Everything is counted at the time the call ended, so that a call, its wrap-up and its rating fall into the same period.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, ColumnElement, Integer, Row, Select, Table, case, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables.directory import person, team, title
from database.tables.escalation import escalation, escalation_event
from database.tables.muster import call, rating, wrap_up
from domain.escalation import REPORTED, Kind


class By(StrEnum):
    TITLE = "title"
    TEAM = "team"
    PERSON = "person"


@dataclass(frozen=True)
class Period:
    """Half-open, in UTC."""

    since: datetime
    until: datetime


@dataclass(frozen=True)
class Measures:
    """Figures for the calls served in one period. A field is None if there was nothing to measure."""

    name: str
    """The title's, team's or person's name; empty for the total."""
    served: int
    """Calls in which both sides joined."""
    ratings: int
    csat: float | None
    """Mean score, from 1 to 5."""
    wrapped_up: int
    resolved: int
    handle_seconds: float | None
    """Median time from the moment the first side joined until the wrap-up."""
    replies: float | None
    """Mean number of replies on the ticket before the call."""

    @property
    def resolution(self) -> float | None:
        """Share of wrapped-up calls whose ticket was resolved, from 0 to 1."""
        return self.resolved / self.wrapped_up if self.wrapped_up else None


@dataclass(frozen=True)
class NotServed:
    """Numbers of escalations that had a call which did not come about; one can have had several, of both kinds."""

    escalations: int
    nobody_available: int
    customer_missed: int
    agents_replaced: int
    """Agents who had taken a call, did not join and were replaced. Their calls may well have come about."""


@dataclass(frozen=True)
class DayFigures:
    day: date
    served: int
    ratings: int
    csat: float | None


_NAMED: dict[By, tuple[Column[Any], Table]] = {
    By.TITLE: (call.c.title, title),
    By.TEAM: (call.c.team, team),
    By.PERSON: (call.c.person, person),
}


async def measure(conn: AsyncConnection, period: Period) -> Measures:
    """The figures for the whole organisation."""
    return _measures("", (await conn.execute(_served(period))).one())


async def measure_by(conn: AsyncConnection, period: Period, by: By) -> list[Measures]:
    """The figures by title, team or person, starting with those with the most calls."""
    column, names = _NAMED[by]
    query = _served(period).add_columns(names.c.name.label("name")).join(names, names.c.id == column)
    query = query.group_by(names.c.id, names.c.name).order_by(func.count().desc(), names.c.name)
    return [_measures(row.name, row) for row in await conn.execute(query)]


async def not_served(conn: AsyncConnection, period: Period) -> NotServed:
    kind, escalations = escalation_event.c.kind, func.count(escalation_event.c.escalation.distinct())
    query = (
        select(
            escalations.filter(kind != Kind.AGENT_MISSED.value),
            escalations.filter(kind == Kind.NOBODY_AVAILABLE.value),
            escalations.filter(kind == Kind.CUSTOMER_MISSED.value),
            func.count().filter(kind == Kind.AGENT_MISSED.value),
        )
        .where(kind.in_([one.value for one in REPORTED]))
        .where(escalation_event.c.at >= period.since, escalation_event.c.at < period.until)
    )
    return NotServed(*(await conn.execute(query)).one())


async def by_day(conn: AsyncConnection, period: Period, zone: str) -> list[DayFigures]:
    """The figures for each day on which calls ended, in this time zone."""
    day = func.date(func.timezone(zone, call.c.ended_at)).label("day")
    query = _served(period).add_columns(day).group_by(day).order_by(day)
    return [
        DayFigures(row.day, row.served, row.ratings, None if row.csat is None else float(row.csat))
        for row in await conn.execute(query)
    ]


def _served(period: Period) -> Select[Any]:
    began = func.least(call.c.customer_joined_at, call.c.agent_joined_at)
    handled = func.extract("epoch", func.coalesce(call.c.wrapped_up_at, call.c.ended_at) - began)
    return (
        select(
            func.count().label("served"),
            func.count(rating.c.score).label("ratings"),
            func.avg(rating.c.score).label("csat"),
            func.count(wrap_up.c.call).label("wrapped_up"),
            func.count(case((wrap_up.c.resolved == "yes", 1))).label("resolved"),
            func.percentile_cont(0.5).within_group(handled).label("handle_seconds"),
            func.avg(_replies()).label("replies"),
        )
        .select_from(call)
        .join(escalation, escalation.c.id == call.c.escalation)
        .outerjoin(rating, rating.c.call == call.c.id)
        .outerjoin(wrap_up, wrap_up.c.call == call.c.id)
        .where(call.c.ended_at >= period.since, call.c.ended_at < period.until)
        .where(call.c.customer_joined_at.is_not(None), call.c.agent_joined_at.is_not(None))
    )


def _replies() -> ColumnElement[Any]:
    """The fact ``replies``, if the escalation has it and it is a number."""
    replies = escalation.c.facts["replies"]
    return case((func.jsonb_typeof(replies) == "number", cast(replies.astext, Integer)))


def _measures(name: str, row: Row[Any]) -> Measures:
    return Measures(
        name=name,
        served=row.served,
        ratings=row.ratings,
        csat=_number(row.csat),
        wrapped_up=row.wrapped_up,
        resolved=row.resolved,
        handle_seconds=_number(row.handle_seconds),
        replies=_number(row.replies),
    )


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
