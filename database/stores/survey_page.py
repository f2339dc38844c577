"""What the customer's pages show about rating a call, with or without a survey's mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.journal.plan_json import load_plan
from database.tables.customer_link import survey
from database.tables.directory import desk, team
from database.tables.escalation import ZONE_HERE, customer, escalation
from database.tables.muster import call, follow_up, rating
from domain.ids import token_hash
from domain.plan import Plan
from domain.rating import may_change

_OVER = ("wrapping_up", "done")


@dataclass(frozen=True)
class CallBack:
    """That the customer is to be called back."""

    due_at: datetime
    done_at: datetime | None


@dataclass(frozen=True)
class SurveyPage:
    """A call that may be rated, and its rating."""

    call_id: str
    escalation_id: str
    subject: str
    team_name: str
    desk_name: str
    customer_zone: str
    """The time zone in which the customer booked, or the one that was given; may be empty."""
    desk_zone: str
    held_at: datetime | None
    """Start of the call: when the agent joined, or otherwise when they accepted."""
    expires_at: datetime | None
    """Until when the call can be rated; None if it isn't over."""
    plan: Plan
    score: int | None
    comment: str
    rated_at: datetime | None
    """When the customer first rated the call."""
    revision: int
    """How many ratings they have given; 0 for none. The last one counts."""
    call_back: CallBack | None
    """None unless the customer has asked for it."""

    def is_open(self, now: datetime) -> bool:
        """Whether the customer can give a first rating."""
        return self.score is None and self.expires_at is not None and self.expires_at > now

    def may_change(self, now: datetime) -> bool:
        """Whether the customer can give another rating instead."""
        return self.rated_at is not None and may_change(self.rated_at, now)


async def find_survey(conn: AsyncConnection, token: str) -> SurveyPage | None:
    """Find the survey behind a token. Changes nothing."""
    return await _read(conn, _survey().where(survey.c.token_hash == token_hash(token)))


async def survey_of_call(conn: AsyncConnection, call_id: str | None) -> SurveyPage | None:
    """The same for a call, which needs no survey's mail once it is over."""
    if call_id is None:
        return None
    return await _read(conn, _survey().where(call.c.id == call_id))


async def _read(conn: AsyncConnection, query: Select[Any]) -> SurveyPage | None:
    row = (await conn.execute(query)).one_or_none()
    if row is None:
        return None
    fields = dict(row._mapping) | {"call_id": str(row.call_id), "escalation_id": str(row.escalation_id)}
    due_at, done_at = fields.pop("due_at"), fields.pop("done_at")
    fields["call_back"] = None if due_at is None else CallBack(due_at, done_at)
    plan, state, ended_at = load_plan(fields.pop("plan")), fields.pop("state"), fields.pop("ended_at")
    if row.expires_at is None and ended_at is not None and state in _OVER:
        fields["expires_at"] = ended_at + timedelta(seconds=plan.decision.links.survey_expires)
    return SurveyPage(**fields, plan=plan)


def _survey() -> Select[Any]:
    return (
        select(
            call.c.id.label("call_id"),
            call.c.escalation.label("escalation_id"),
            call.c.state,
            call.c.ended_at,
            escalation.c.subject,
            escalation.c.plan,
            func.coalesce(call.c.attribution["team_name"].astext, team.c.name, desk.c.name).label("team_name"),
            desk.c.name.label("desk_name"),
            ZONE_HERE.label("customer_zone"),
            desk.c.time_zone.label("desk_zone"),
            func.coalesce(call.c.agent_joined_at, call.c.accepted_at).label("held_at"),
            survey.c.expires_at,
            rating.c.score,
            func.coalesce(rating.c.comment, "").label("comment"),
            rating.c.at.label("rated_at"),
            func.coalesce(rating.c.revision, 0).label("revision"),
            follow_up.c.due_at,
            follow_up.c.done_at,
        )
        .join(escalation, escalation.c.id == call.c.escalation)
        .join(customer, customer.c.id == escalation.c.customer)
        .join(desk, desk.c.id == escalation.c.desk)
        .outerjoin(survey, survey.c.call == call.c.id)
        .outerjoin(team, team.c.id == escalation.c.team)
        .outerjoin(rating, rating.c.call == call.c.id)
        .outerjoin(follow_up, follow_up.c.call == call.c.id)
    )
