"""The customer's status line says only what the rows say: who took the call, who is asked, whether anybody is there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from database.stores.customer_link import LinkPage
from domain.plan import Plan
from rules_dsl.model.decision import Step, StepKind, Target
from tests.rules_dsl.desks import boats
from web.customer.stage import CustomerStage
from web.customer.waiting import line_of

NOW = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
DECISION = boats('otherwise\n send to team "Support"\nbooking\n slots of 20 minutes\n').decide({}, NOW)
WIDER = replace(DECISION, steps=(Step(60, StepKind.ALERT_LEAD), Step(120, StepKind.WIDEN, (Target(2),))))
BY_TITLE = replace(DECISION, targets=(Target(None, (1,)),))
NOBODY = {"place": None, "estimate": "longer"}


def link_page(**changes: Any) -> LinkPage:
    """The page of a call now."""
    page = LinkPage(
        link_id=1,
        nth=1,
        state="used",
        expires_at=NOW + timedelta(days=1),
        escalation_id="e",
        escalation_state="mustering",
        outcome=None,
        mode="now",
        subject="Engine",
        customer_name="Mira",
        customer_email="mira@olsen.example",
        customer_zone="",
        team_name="Support",
        team_address="",
        desk_name="Harbor Boats",
        desk_zone="Europe/Copenhagen",
        plan=Plan(DECISION, "v", NOW),
        booking=None,
        call=None,
        rounds_ran_at=NOW,
    )
    return replace(page, **changes)


def line(stage: CustomerStage, decision: Any = DECISION, call: Any = None, **link: Any) -> str:
    """All sentences of the line, for a call now in this stage."""
    row: dict[str, Any] = {"starts_at": None, "muster_at": NOW, "search_began_at": NOW, "told_late_at": None}
    row |= {"interrupted_at": None, "put_back_at": None, "alone_at": None, "agent_joined_at": None}
    row |= {"step": 0, "place": 1, "estimate": "moment", "attribution": None}
    page = link_page(plan=Plan(decision, "v", NOW), call=SimpleNamespace(**row | (call or {})))
    found = line_of(replace(page, **link), stage, NOW)
    assert found is not None
    return " ".join((found.says, *found.more))


FINDING, ASKING, READY, ON_CALL = (
    CustomerStage.FINDING,
    CustomerStage.ASKING,
    CustomerStage.READY,
    CustomerStage.ON_CALL,
)


@pytest.mark.parametrize(
    ("said", "says"),
    [
        (line(READY, call={"attribution": {"team_name": "Office"}}), "Someone from Office has taken your call"),
        (
            line(READY, call={"attribution": {"team_name": "Office"}, "agent_joined_at": NOW}),
            "Someone from Office is in the room",
        ),
        (line(ON_CALL, call={"attribution": {"team_name": "Office"}}), "someone from Office is in the room"),
        (
            line(ON_CALL, call={"attribution": {"team_name": "Office"}, "alone_at": NOW}),
            "We have called someone from Office back",
        ),
        (
            line(READY, call={"attribution": {"team_name": "Office"}}, times_taken=2),
            "Somebody else, from Office, has taken your call",
        ),
        (line(ASKING, asked_team="Office"), "We are asking someone from Office right now."),
        (line(ASKING), "We are asking someone right now."),
        (line(FINDING), "We are finding someone from Support for you. You are next."),
        (line(FINDING, BY_TITLE), "We are finding someone for you."),
        (line(FINDING, WIDER, {"step": 1}), "We are finding someone from Support for you."),
        (line(FINDING, WIDER, {"step": 2}), "We are finding someone for you, and have begun to ask more people."),
        (line(CustomerStage.BOOKED), "We will look for someone from Support shortly before your call begins."),
    ],
)
def test_the_team_named_is_the_one_that_is_asked_or_took_the_call(said: str, says: str) -> None:
    assert says in said
    assert says.count("Support") == said.count("Support")


def test_a_customer_reads_that_nobody_is_there_instead_of_being_next() -> None:
    assert line(FINDING, call=NOBODY).startswith("Nobody from Support who could take your call is at their desk")
    assert line(FINDING, WIDER, NOBODY | {"step": 2}).startswith("Nobody who could take your call is at their desk")
    for said in (line(FINDING, call=NOBODY), line(FINDING, WIDER, NOBODY | {"step": 2})):
        assert "next" not in said
        assert "finding" not in said
    # Before the first round, nothing is known.
    assert "finding someone" in line(FINDING, call={"place": None, "estimate": None})


@pytest.mark.parametrize("stage", [FINDING, ASKING])
def test_a_customer_reads_that_whoever_took_their_call_is_not_coming(stage: CustomerStage) -> None:
    assert "not coming after all" not in line(stage)
    assert "The person who had taken your call is not coming after all." in line(stage, times_taken=1)
