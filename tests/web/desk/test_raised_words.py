"""What the page of an escalation says to whoever raised it, and the plan as it is for this kind of call."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from database.stores.escalations.raised import RaisedEscalation
from database.tables.escalation import message
from database.tables.muster import call, rating
from domain.plan import Plan
from rules_dsl.model.decision import CallTimes
from tests.web.customer.test_status_line import DECISION
from tests.web.desk.test_desk_escalate import TYPED
from tests.web.desk_floor import ME, Floor, floor
from tests.web.office import office
from web.desk.plan_words import plan_lines
from web.wording.raised import mailed_words, raised_words

__all__ = ["floor", "office"]

NOW = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
PREPARED = CallTimes(prepare=300, offer=45, wait_for_customer=600, wrap_up=180)


def raised(**changes: Any) -> RaisedEscalation:
    """A call now, in its search."""
    row = RaisedEscalation(
        escalation_id="e",
        subject="Engine",
        ticket_system="zendesk",
        ticket_id="1",
        ticket_url="",
        state="mustering",
        outcome=None,
        mode="now",
        opened_by="person:1",
        opened_at=NOW,
        updated_at=NOW,
        plan=Plan(DECISION, "v", NOW),
        customer_name="Mira",
        customer_email="mira@olsen.example",
        link_nth=1,
        link_state="used",
        link_expires_at=NOW + timedelta(days=1),
        starts_at=None,
        call_state="waiting",
        call_place=1,
        call_estimate="moment",
    )
    return replace(row, **changes)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, "The search for a person is under way. Mira can wait on the page linked below."),
        ({"call_state": "offered"}, "Somebody is being asked to take the call right now. Mira can wait"),
        (
            {"call_place": None, "call_estimate": "longer"},
            "Nobody who could take the call is at their desk right now. The search goes on.",
        ),
        ({"call_state": "unserved"}, "Nobody was available for the call."),
        ({"state": "accepted", "call_state": "taken"}, "Somebody has taken the call."),
        ({"state": "on_call", "call_state": "on_call"}, "Somebody has taken the call, and it has begun."),
        ({"state": "wrapping_up", "call_state": "wrapping_up"}, "The call has ended, and is being wrapped up."),
        (
            {"state": "invited", "call_state": "unserved", "link_nth": 2},
            "Nobody was available for the call. Mira has a new link, and can pick another time.",
        ),
        (
            {"state": "invited", "call_state": "missed", "link_nth": 2},
            "Mira did not come to the call. Mira has a new link, and can pick another time.",
        ),
        ({"state": "invited", "call_state": None, "mode": "booking"}, "Mira can pick a time with the link below."),
        (
            {"state": "invited", "call_state": None, "mode": "booking", "link_expires_at": NOW},
            "The link has expired, and Mira has not booked with it.",
        ),
        (
            {"state": "booked", "mode": "booking", "starts_at": NOW},
            "Mon 30 Nov, 09:00 UTC. Whoever is free and has the right skills at that time is asked to take the call.",
        ),
    ],
)
def test_where_an_escalation_is_follows_its_rows(changes: dict[str, Any], says: str) -> None:
    assert raised_words(raised(**changes), "UTC", NOW).startswith(says)


@pytest.mark.parametrize(
    ("mail", "says"), [("sent", "was also emailed"), ("queued", "is also being"), ("failed", "could not"), (None, "")]
)
def test_the_link_was_emailed_only_if_it_was(mail: str | None, says: str) -> None:
    words = mailed_words(raised(mailed=mail))
    assert says in words
    assert bool(words) == bool(mail)


@pytest.mark.parametrize(
    ("booked", "times", "says"),
    [
        (True, PREPARED, "A person is asked 5 min before it starts, and has 45 s to answer."),
        (True, replace(PREPARED, prepare=0), "A person is asked when it starts, and has 45 s to answer."),
        (False, PREPARED, "A person is asked as soon as one is free, and has 45 s to answer."),
        (
            False,
            replace(PREPARED, accept_automatically=True),
            "A person is given it as soon as one is free, without being asked.",
        ),
    ],
)
def test_when_a_person_is_asked_is_said_as_it_is_for_this_call(booked: bool, times: CallTimes, says: str) -> None:
    assert plan_lines(Plan(replace(DECISION, calls=times), "v", NOW), booked=booked)[1] == says


async def test_a_call_now_is_never_told_as_a_booked_one(floor: Floor) -> None:
    browser = await floor.office.browser(ME)
    urgent = {**TYPED, "fact.product area": "engine", "fact.priority": "urgent"}
    answer = await browser.post("/desk/escalate", "/desk/escalate", mode="now", **urgent)
    page = await browser.get(answer.headers["location"])
    assert "before it starts" not in page
    assert "as soon as one is free" in page
    assert "is also being emailed to ida@lund.example" in page
    async with floor.engine.begin() as conn:
        await conn.execute(update(message).values(state="failed"))
    assert "could not be emailed" in await browser.get(answer.headers["location"])
    made = await floor.due_call(starts_in=None, mode="now")
    await floor.offer(made, ME)
    assert "before it starts" not in await browser.get("/desk")


async def test_the_words_of_a_rating_reach_the_agent(floor: Floor) -> None:
    browser = await floor.office.browser(ME)
    for ticket, subject, score in (("1", "Which oil?", 3), ("2", "Mast creaks", 5)):
        made = await floor.due_call(subject, ticket=ticket)
        await floor.offer(made, ME, state="done")
        await floor.done(made, score, f"I waited, {subject}")
        accepted = datetime.now(UTC) - timedelta(days=2 if ticket == "2" else 0)
        await floor.change_call(made, person=floor.people[ME], accepted_at=accepted)
    today, earlier = (await browser.get("/desk")).split("What customers said of earlier calls")
    assert "I waited, Which oil?" in today
    assert "I waited, Mast creaks" in earlier
    assert "rated 5 out of 5" in earlier
    async with floor.engine.begin() as conn:
        await conn.execute(update(rating).values(at=datetime.now(UTC) - timedelta(days=9)))
        await conn.execute(update(call).values(accepted_at=datetime.now(UTC) - timedelta(days=10)))
    assert "earlier calls" not in await browser.get("/desk")
