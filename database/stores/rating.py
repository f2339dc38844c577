"""The survey: send it, remind the customer once, save the rating, and alert the team lead to a bad one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.journal.notify import notify_customer, notify_leads
from database.stores.journal.plan_json import load_plan
from database.stores.journal.timeline import done_before, lock, record
from database.tables.customer_link import survey
from database.tables.directory import desk, team
from database.tables.escalation import ZONE_HERE, customer, escalation
from database.tables.muster import call, rating
from domain.escalation import Kind, State
from domain.ids import Tokens, token_hash
from domain.rating import AlreadyRated, SurveyOver, is_bad


async def ask(conn: AsyncConnection, escalation_id: str, call_id: str, tokens: Tokens, now: datetime) -> bool:
    """Send a call's survey. Returns False if the rules forbid it, because this customer was asked recently."""
    row = await lock(conn, escalation_id)
    effect = f"survey_sent/{call_id}"
    if await done_before(conn, escalation_id, effect) is not None:
        return True
    decision = load_plan(row.plan).decision
    if decision.feedback.every and await _asked_within(conn, row.customer, now, decision.feedback.every):
        return False
    expires = now + timedelta(seconds=decision.links.survey_expires)
    sent = {"call": call_id, "token_hash": token_hash(tokens.survey(call_id)), "asked_at": now, "expires_at": expires}
    await conn.execute(insert(survey).values(sent))
    await notify_customer(conn, escalation_id, "survey", now, key=call_id, call=call_id)
    await record(conn, escalation_id, Kind.SURVEY_SENT, now, body={"call_id": call_id}, key=effect)
    return True


async def _asked_within(conn: AsyncConnection, customer: int, now: datetime, seconds: int) -> bool:
    query = (
        select(survey.c.call)
        .join(call, call.c.id == survey.c.call)
        .join(escalation, escalation.c.id == call.c.escalation)
        .where(escalation.c.customer == customer, survey.c.asked_at > now - timedelta(seconds=seconds))
    )
    return (await conn.execute(query.limit(1))).first() is not None


async def ask_again(conn: AsyncConnection, escalation_id: str, call_id: str, now: datetime) -> None:
    """Remind the customer of an unanswered survey, once."""
    row = await lock(conn, escalation_id)
    effect = f"survey_reminded/{call_id}"
    if row.state == State.CLOSED or await done_before(conn, escalation_id, effect) is not None:
        return
    await notify_customer(conn, escalation_id, "survey_again", now, key=call_id, call=call_id)
    await record(conn, escalation_id, Kind.SURVEY_REMINDED, now, body={"call_id": call_id}, key=effect)


async def save_rating(
    conn: AsyncConnection, escalation_id: str, call_id: str, score: int, comment: str, now: datetime
) -> None:
    """Save the rating and close the escalation. Idempotent.

    Raises ``AlreadyRated`` for a different rating, ``SurveyOver`` if no survey was sent or it has expired.
    """
    row = await lock(conn, escalation_id)
    existing = (await conn.execute(select(rating).where(rating.c.call == call_id))).one_or_none()
    if existing is not None:
        if (existing.score, existing.comment) == (score, comment):
            return
        raise AlreadyRated(existing.score)
    its_survey = (await conn.execute(select(survey).where(survey.c.call == call_id))).one_or_none()
    if its_survey is None or its_survey.expires_at <= now:
        raise SurveyOver()
    given = {"call": call_id, "escalation": escalation_id, "score": score, "comment": comment, "at": now}
    await conn.execute(rating.insert().values(given))
    body = {"call_id": call_id, "score": score}
    await record(
        conn, escalation_id, Kind.RATED, now, body=body, actor="customer", key=f"rated/{call_id}", relayed=False
    )
    if is_bad(score, load_plan(row.plan).decision.feedback.alert_under):
        await notify_leads(conn, escalation_id, "rating_alert", now, key=call_id, call=call_id)
        await record(conn, escalation_id, Kind.RATING_ALERTED, now, body=body, relayed=False)
    await record(conn, escalation_id, Kind.CLOSED, now, key="closed", relayed=False, state=State.CLOSED)


async def end_survey(conn: AsyncConnection, escalation_id: str, call_id: str, now: datetime) -> None:
    """End an unanswered survey and its escalation."""
    await lock(conn, escalation_id)
    if await done_before(conn, escalation_id, "closed") is not None:
        return
    await record(conn, escalation_id, Kind.SURVEY_ENDED, now, body={"call_id": call_id})
    await record(conn, escalation_id, Kind.CLOSED, now, key="closed", state=State.CLOSED)


@dataclass(frozen=True)
class SurveyPage:
    """What the rating page shows."""

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
    expires_at: datetime
    score: int | None
    comment: str


async def find_survey(conn: AsyncConnection, token: str) -> SurveyPage | None:
    """Find the survey behind a token. Changes nothing."""
    row = (await conn.execute(_survey().where(survey.c.token_hash == token_hash(token)))).one_or_none()
    if row is None:
        return None
    fields = dict(row._mapping) | {"call_id": str(row.call_id), "escalation_id": str(row.escalation_id)}
    return SurveyPage(**fields)


def _survey() -> Select[Any]:
    return (
        select(
            survey.c.call.label("call_id"),
            call.c.escalation.label("escalation_id"),
            escalation.c.subject,
            func.coalesce(call.c.attribution["team_name"].astext, team.c.name, desk.c.name).label("team_name"),
            desk.c.name.label("desk_name"),
            ZONE_HERE.label("customer_zone"),
            desk.c.time_zone.label("desk_zone"),
            func.coalesce(call.c.agent_joined_at, call.c.accepted_at).label("held_at"),
            survey.c.expires_at,
            rating.c.score,
            func.coalesce(rating.c.comment, "").label("comment"),
        )
        .join(call, call.c.id == survey.c.call)
        .join(escalation, escalation.c.id == call.c.escalation)
        .join(customer, customer.c.id == escalation.c.customer)
        .join(desk, desk.c.id == escalation.c.desk)
        .outerjoin(team, team.c.id == escalation.c.team)
        .outerjoin(rating, rating.c.call == survey.c.call)
    )
