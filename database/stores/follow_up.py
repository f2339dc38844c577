"""Follow-ups: a customer asks to be called back, one of a title's people does it, and a delay is alerted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, any_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.journal.notify import notify_leads, notify_managers
from database.stores.journal.plan_json import load_plan
from database.stores.journal.timeline import lock, notify, record
from database.stores.survey_page import survey_of_call
from database.tables.directory import desk, person, team
from database.tables.muster import follow_up
from domain.escalation import Kind, State
from domain.follow_up import FollowUpDone, NoCallBack, NotYourFollowUp, due_at
from domain.ids import LIVE_CHANNEL
from domain.letter import LetterKind
from domain.rating import is_low
from rules_dsl.model.decision import StepKind

ALERTED_AT_ONCE = 50


def owned_by(person_id: int) -> ColumnElement[bool]:
    """SQL condition: this person has the title that owns the follow-up, or is a manager."""
    titled = (person.c.title == follow_up.c.title) & or_(follow_up.c.team.is_(None), person.c.team == follow_up.c.team)
    owner = (person.c.id == person_id) & or_(titled, any_(person.c.roles) == "manager")
    return select(person.c.id).where(owner).correlate(follow_up).exists()


async def ask_for_call_back(conn: AsyncConnection, escalation_id: str, call_id: str, now: datetime) -> None:
    """The customer wishes to be called back. Idempotent. Raises ``NoCallBack`` if the score isn't low."""
    row = await lock(conn, escalation_id)
    page = await survey_of_call(conn, call_id)
    if page is not None and page.call_back is not None:
        return
    plan = load_plan(row.plan)
    terms = plan.decision.feedback.follow_up
    if page is None or page.score is None or not is_low(page.score, plan.decision.feedback.alert_under):
        raise NoCallBack()
    title, of_team = terms.title, None
    if title is None:
        title = (await conn.execute(select(team.c.lead_title).where(team.c.id == row.team))).scalar()
        of_team = row.team if title is not None else None
    zone = (await conn.execute(select(desk.c.time_zone).where(desk.c.id == row.desk))).scalar_one()
    due = due_at(plan, zone, now)
    asked = {"call": call_id, "escalation": escalation_id, "title": title, "team": of_team}
    await conn.execute(follow_up.insert().values(asked | {"asked_at": now, "due_at": due}))
    body = {"call_id": call_id, "title": title, "due_at": due.isoformat()}
    told = row.state == State.CLOSED
    await record(conn, escalation_id, Kind.FOLLOW_UP_ASKED, now, body=body, actor="customer", relayed=told)
    await _wake_owners(conn, call_id)


async def finish_follow_up(conn: AsyncConnection, call_id: str, person_id: int, note: str, now: datetime) -> None:
    """Mark it as done. Idempotent. Raises ``NotYourFollowUp``, and ``FollowUpDone`` if somebody else did."""
    one = (await conn.execute(select(follow_up).where(follow_up.c.call == call_id))).one_or_none()
    owned = select(follow_up.c.call).where(follow_up.c.call == call_id, owned_by(person_id))
    if one is None or (await conn.execute(owned)).first() is None:
        raise NotYourFollowUp()
    state = (await lock(conn, str(one.escalation))).state
    now_done = (await conn.execute(select(follow_up).where(follow_up.c.call == call_id))).one()
    if now_done.done_at is not None:
        if (now_done.done_by, now_done.note) == (person_id, note):
            return
        raise FollowUpDone()
    done = update(follow_up).where(follow_up.c.call == call_id)
    await conn.execute(done.values(done_at=now, done_by=person_id, note=note))
    body, actor = {"call_id": call_id}, f"person:{person_id}"
    told = state == State.CLOSED
    await record(conn, str(one.escalation), Kind.FOLLOW_UP_DONE, now, body=body, actor=actor, relayed=told)
    await _wake_owners(conn, call_id)


async def alert_overdue(conn: AsyncConnection, now: datetime) -> int:
    """Alert whom the rules name about follow-ups that nobody has done in time, each once; returns their number."""
    late = select(follow_up.c.call, follow_up.c.escalation).where(
        follow_up.c.done_at.is_(None), follow_up.c.alerted_at.is_(None), follow_up.c.due_at <= now
    )
    rows = (await conn.execute(late.order_by(follow_up.c.escalation).limit(ALERTED_AT_ONCE))).all()
    alerted = [await _alert(conn, str(row.escalation), str(row.call), now) for row in rows]
    return alerted.count(True)


async def _alert(conn: AsyncConnection, escalation_id: str, call_id: str, now: datetime) -> bool:
    row = await lock(conn, escalation_id)
    alerted = update(follow_up).where(
        follow_up.c.call == call_id, follow_up.c.done_at.is_(None), follow_up.c.alerted_at.is_(None)
    )
    if (await conn.execute(alerted.values(alerted_at=now))).rowcount == 0:
        return False
    leads = load_plan(row.plan).decision.feedback.follow_up.alert is StepKind.ALERT_LEAD
    tell = notify_leads if leads else notify_managers
    await tell(conn, escalation_id, LetterKind.FOLLOW_UP_OVERDUE.value, now, key=call_id, call=call_id)
    told = row.state == State.CLOSED
    await record(conn, escalation_id, Kind.FOLLOW_UP_OVERDUE, now, body={"call_id": call_id}, relayed=told)
    return True


async def _wake_owners(conn: AsyncConnection, call_id: str) -> None:
    """Have the desks of those who own it look again."""
    owners = select(person.c.id).where(
        follow_up.c.call == call_id,
        person.c.active,
        or_(
            (person.c.title == follow_up.c.title) & or_(follow_up.c.team.is_(None), person.c.team == follow_up.c.team),
            any_(person.c.roles) == "manager",
        ),
    )
    for owner in (await conn.execute(owners)).scalars():
        await notify(conn, LIVE_CHANNEL, f"person:{owner}")
