"""The state of everybody who takes calls, for a round: presence, past calls, and what keeps them from being asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.rounds.eligibility import OCCUPANCY_WINDOW, Colleague
from domain.rounds.presence import alive, present
from rules_dsl.directory import Directory
from rules_dsl.model.decision import AgentState

PRIOR_SCORE, PRIOR_WEIGHT = 4.0, 5
"""Every CSAT mean includes this many ratings of this score, so that a few good ratings can't put anyone first."""

LOOKS_AHEAD = timedelta(days=2)
"""How far ahead the next shift of somebody off shift is looked up: longer than any search for a call now."""

# A call takes up its agent's time from acceptance until the wrap-up is written or its time limit has passed.
_STATES = """
SELECT p.id, p.title, pr.state, pr.reason, pr.since, pr.seen_at,
  lower(s.works) AS shift_began, upper(s.works) AS shift_ends,
  upper(s.during) AS free_until,
  CASE WHEN s.works IS NULL THEN coalesce((SELECT min(lower(n.during)) FROM shift n WHERE n.person = p.id
      AND n.during && tstzrange(:now, CAST(:now AS timestamptz) + :ahead)), CAST(:now AS timestamptz) + :ahead) END
    AS returns_at,
  (SELECT o.state FROM offer o WHERE o.person = p.id AND o.state IN ('offered', 'accepted')) AS live,
  calls.today, calls.last_ended, calls.busy_seconds, calls.in_shift, calls.lately,
  asked.last_made, rated.score_sum, rated.score_count, worked.seconds AS worked_today
FROM person p
LEFT JOIN presence pr ON pr.person = p.id
LEFT JOIN (SELECT person, during, coalesce(works, during) AS works FROM shift) s
  ON s.person = p.id AND s.during @> CAST(:now AS timestamptz)
LEFT JOIN LATERAL (
  SELECT count(*) FILTER (WHERE began >= :midnight) AS today, max(last_ended) AS last_ended,
    coalesce(extract(epoch FROM sum(ended - greatest(began, :lately)) FILTER (WHERE ended > :lately)), 0)
      AS busy_seconds,
    coalesce(extract(epoch FROM sum(ended - greatest(began, lower(s.works)))
      FILTER (WHERE ended > lower(s.works))), 0) AS in_shift,
    coalesce(extract(epoch FROM sum(ended - greatest(began, lower(s.works), :lately))
      FILTER (WHERE ended > greatest(lower(s.works), :lately))), 0) AS lately
  FROM (SELECT c.accepted_at AS began, coalesce(c.wrapped_up_at, c.ended_at) AS last_ended,
      greatest(c.accepted_at, least(
        CASE WHEN c.state IN ('taken', 'on_call', 'wrapping_up') THEN :now
          ELSE coalesce(c.wrapped_up_at, c.ended_at, :now) END,
        c.ended_at + make_interval(secs => CAST(e.plan #>> '{decision,calls,wrap_up}' AS float8)))) AS ended
    FROM call c JOIN escalation e ON e.id = c.escalation
    WHERE c.person = p.id AND c.accepted_at > CAST(:now AS timestamptz) - interval '2 days') had
) calls ON true
LEFT JOIN LATERAL (SELECT max(o.made_at) AS last_made FROM offer o WHERE o.person = p.id) asked ON true
LEFT JOIN (
  SELECT c.person, sum(r.score) AS score_sum, count(*) AS score_count
  FROM rating r JOIN call c ON c.id = r.call
  WHERE CAST(:ratings AS boolean) AND r.at > CAST(:now AS timestamptz) - interval '180 days' GROUP BY c.person
) rated ON rated.person = p.id
LEFT JOIN LATERAL (
  SELECT coalesce(extract(epoch FROM sum(least(upper(t.during), :now) - greatest(lower(t.during), :midnight))), 0)
    AS seconds
  FROM shift t WHERE t.person = p.id AND t.during && tstzrange(:midnight, :now)
) worked ON true
WHERE p.active AND p.team IS NOT NULL AND 'agent' = ANY(p.roles)
"""
_PEOPLE = text(_STATES)
_PERSON = text(f"{_STATES} AND p.id = :person")


def posterior_mean(total: int | None, count: int | None) -> float:
    """Mean of ``count`` ratings that add up to ``total``, pulled towards the prior while there are few of them."""
    return (PRIOR_SCORE * PRIOR_WEIGHT + float(total or 0)) / (PRIOR_WEIGHT + (count or 0))


async def read_colleagues(
    conn: AsyncConnection, directory: Directory, now: datetime, *, ratings: bool = True
) -> Mapping[int, Colleague]:
    """Read the state of everybody who takes calls, and what keeps each from taking one now; keyed by person.

    Without ``ratings`` everybody has the same CSAT. At a busy desk, half a year of ratings takes longer to read than
    all the rest.
    """
    midnight = now.astimezone(ZoneInfo(directory.time_zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    values = {"now": now, "midnight": midnight, "lately": now - OCCUPANCY_WINDOW, "ratings": ratings}
    values["ahead"] = LOOKS_AHEAD
    rows: Sequence[Row[Any]] = (await conn.execute(_PEOPLE, values)).all()
    in_directory = {person.id for person in directory.people}
    return {row.id: _colleague(row, now) for row in rows if row.id in in_directory}


async def read_colleague(
    conn: AsyncConnection, person: int, midnight: datetime, now: datetime
) -> tuple[Colleague, int] | None:
    """One person's state and the id of their title; None if they take no calls. ``midnight``: when their day began."""
    values = {"now": now, "midnight": midnight, "lately": now - OCCUPANCY_WINDOW, "ratings": False, "person": person}
    values["ahead"] = LOOKS_AHEAD
    row = (await conn.execute(_PERSON, values)).one_or_none()
    return None if row is None else (_colleague(row, now), row.title)


def _colleague(row: Row[Any], now: datetime) -> Colleague:
    signed_in = row.state is not None and present(row.state, row.seen_at, now)
    on_shift = row.shift_began is not None
    idle_since = row.last_ended or row.since or now
    return Colleague(
        person=row.id,
        hindrance=_hindrance(row, now, signed_in),
        on_duty=on_shift and signed_in,
        idle=now - row.last_ended if row.last_ended else None,
        state=AgentState(
            person=row.id,
            calls_today=row.today,
            load=int(row.busy_seconds // 60),
            idle=max(int((now - idle_since).total_seconds()), 0),
            last_asked=int((now - row.last_made).total_seconds()) if row.last_made else 10**9,
            csat=posterior_mean(row.score_sum, row.score_count),
            csat_here=PRIOR_SCORE,
        ),
        shift=(row.shift_began, row.shift_ends) if on_shift else None,
        free_until=row.free_until,
        returns_at=row.returns_at,
        busy_in_shift=_seconds(row.in_shift),
        busy_lately=_seconds(row.lately),
        worked_today=_seconds(row.worked_today),
    )


def _seconds(number: object) -> timedelta:
    return timedelta(seconds=float(str(number)))


def _hindrance(row: Row[Any], now: datetime, signed_in: bool) -> str:
    if row.shift_began is None:
        return "not on shift"
    if not signed_in:
        if row.state is None or row.state == "offline":
            return "not at the desk"
        if row.state == "available":
            silent = int((now - row.seen_at).total_seconds())
            return f"desk silent for {silent} s" if not alive(row.seen_at, now) else "not at the desk"
        return f"away: {row.reason}" if row.reason else "away"
    if row.live == "offered":
        return "being asked for another call"
    return "on another call" if row.live == "accepted" else ""
