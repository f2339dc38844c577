"""The survey: send it, remind the customer once, save the rating, and alert the team lead to a bad one.

A call can be rated as soon as it is over, on the customer's own page; the survey's mail is the second request.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.journal.notify import notify_customer, notify_leads
from database.stores.journal.plan_json import load_plan
from database.stores.journal.timeline import done_before, lock, record
from database.stores.survey_page import survey_of_call
from database.tables.customer_link import survey
from database.tables.escalation import escalation
from database.tables.muster import call, rating
from domain.escalation import Kind, State
from domain.ids import Tokens, token_hash
from domain.rating import AlreadyRated, RatingFinal, SurveyOver, is_bad, may_change


async def ask(conn: AsyncConnection, escalation_id: str, call_id: str, tokens: Tokens, now: datetime) -> bool:
    """Send a call's survey. Returns False if the call is rated already, or if the rules forbid it, because this
    customer was asked recently.
    """
    row = await lock(conn, escalation_id)
    effect = f"survey_sent/{call_id}"
    if await done_before(conn, escalation_id, effect) is not None:
        return True
    if await _is_rated(conn, call_id):
        return False
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
    conn: AsyncConnection, escalation_id: str, call_id: str, score: int, comment: str, now: datetime, replaces: int = 0
) -> None:
    """Save the rating, and close the escalation once its call is wrapped up too. Idempotent.

    ``replaces`` is the revision of the rating that this one was given instead of; 0 for a first one. So a form that is
    sent again never undoes a later change.

    Raises ``AlreadyRated`` for a different rating, ``RatingFinal`` if it is too late to change it, ``SurveyOver`` if
    the call can't be rated now.
    """
    row = await lock(conn, escalation_id)
    existing = (await conn.execute(select(rating).where(rating.c.call == call_id))).one_or_none()
    if existing is not None and (existing.score, existing.comment) == (score, comment):
        return
    await _check(conn, call_id, existing, replaces, now)
    # Nobody is left to hear of it once the workflow has ended.
    told = row.state == State.CLOSED
    body = {"call_id": call_id, "score": score}
    if existing is None:
        given = {"call": call_id, "escalation": escalation_id, "score": score, "comment": comment, "at": now}
        await conn.execute(rating.insert().values(given))
        key = f"rated/{call_id}"
        await record(conn, escalation_id, Kind.RATED, now, body=body, actor="customer", key=key, relayed=told)
    else:
        await _change(conn, existing, score, comment, now)
        body |= {"was": existing.score}
        await record(conn, escalation_id, Kind.RATING_CHANGED, now, body=body, actor="customer", relayed=told)
    under = load_plan(row.plan).decision.feedback.alert_under
    if is_bad(score, under) and (existing is None or not is_bad(existing.score, under)):
        key = call_id if existing is None else f"{call_id}/{existing.revision + 1}"
        await notify_leads(conn, escalation_id, "rating_alert", now, key=key, call=call_id)
        await record(conn, escalation_id, Kind.RATING_ALERTED, now, body=body, relayed=told)
    if existing is None and row.state not in (State.WRAPPING_UP, State.CLOSED):
        await record(conn, escalation_id, Kind.CLOSED, now, key="closed", relayed=False, state=State.CLOSED)


async def _check(conn: AsyncConnection, call_id: str, before: Row[Any] | None, replaces: int, now: datetime) -> None:
    """Raises if a rating can't be given now, or not instead of the one ``before``."""
    if before is None:
        page = await survey_of_call(conn, call_id)
        if page is None or not page.is_open(now):
            raise SurveyOver()
    elif replaces != before.revision:
        raise AlreadyRated(before.score)
    elif not may_change(before.at, now):
        raise RatingFinal(before.score)


async def _change(conn: AsyncConnection, before: Row[Any], score: int, comment: str, now: datetime) -> None:
    """Let another rating count, and keep the first."""
    changed = {"score": score, "comment": comment, "revision": before.revision + 1, "changed_at": now}
    if before.revision == 1:
        changed |= {"first_score": before.score, "first_comment": before.comment}
    await conn.execute(update(rating).where(rating.c.call == before.call).values(changed))


async def close_if_rated(
    conn: AsyncConnection, escalation_id: str, call_id: str, now: datetime, *, relayed: bool
) -> None:
    """Close an escalation whose call has just been wrapped up if the customer has rated it already."""
    if await _is_rated(conn, call_id):
        await record(conn, escalation_id, Kind.CLOSED, now, key="closed", relayed=relayed, state=State.CLOSED)


async def _is_rated(conn: AsyncConnection, call_id: str) -> bool:
    return (await conn.execute(select(rating.c.call).where(rating.c.call == call_id))).first() is not None


async def end_survey(conn: AsyncConnection, escalation_id: str, call_id: str, now: datetime) -> None:
    """End an unanswered survey and its escalation."""
    await lock(conn, escalation_id)
    if await done_before(conn, escalation_id, "closed") is not None:
        return
    await record(conn, escalation_id, Kind.SURVEY_ENDED, now, body={"call_id": call_id})
    await record(conn, escalation_id, Kind.CLOSED, now, key="closed", state=State.CLOSED)
