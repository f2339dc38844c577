"""A rollout's pages: comparison, continuing, rolling back, and stale clicks."""

from __future__ import annotations

import html
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from sqlalchemy import insert, select

from database.stores.journal.timeline import record
from database.stores.rules.rollout_outcomes import rollout_cases, rollout_sides
from database.stores.rules.rollouts import Rollout, running_rollout
from database.stores.rules.versions import current_published, publish
from database.tables.directory import person
from database.tables.escalation import escalation
from database.tables.muster import call, offer, rating
from database.tables.muster import round as round_table
from database.tables.rollout import staged_escalation
from domain.escalation import Kind
from domain.rollout.confidence import Estimate
from domain.rollout.outcomes import Comparison, RolloutMeasure, Verdict
from tests.web.forms import form_to
from tests.web.office import RULES, Browser, Office, office, ticket
from web.rules.rollout_words import cards, headline

__all__ = ["office"]

FASTER = RULES.replace("if nobody in 3 minutes", "if nobody in 2 minutes")
NOW = datetime.now(UTC)


async def trial_of(office: Office, percent: int = 30) -> Rollout:
    async with office.engine.begin() as conn:
        await publish(conn, FASTER, "Marta Manager", "no long waits", 1, NOW, percent=percent)
        found = await running_rollout(conn)
    assert found is not None
    return found


@dataclass(frozen=True)
class Case:
    """An escalation of a rollout step and its finished call."""

    candidate: bool
    wait: int | None
    """Seconds; None: nobody accepted."""
    declined: int = 0
    score: int | None = None
    came: bool = True


async def live(office: Office, running: Rollout, cases: list[Case]) -> None:
    """Adds copies of an escalation, with calls in every state that the comparison counts."""
    async with office.program() as program:
        first = (await program.post("/api/v1/escalations", json=ticket())).json()["id"]
    async with office.engine.begin() as conn:
        like = dict((await conn.execute(select(escalation).where(escalation.c.id == first))).mappings().one())
        who = (await conn.execute(select(person.c.id).where(person.c.name == "Anna Schmidt"))).scalar_one()
        await conn.execute(staged_escalation.delete())
        made_in = insert(round_table).values(at=NOW, calls=1, offers=1, took_ms=1).returning(round_table.c.id)
        round_id = (await conn.execute(made_in)).scalar_one()
        escalations, decisions, calls, offers, ratings, missed = [], [], [], [], [], []
        for place, case in enumerate(cases):
            one, made = str(uuid.uuid4()), str(uuid.uuid4())
            escalations.append(like | {"id": one, "ticket_id": f"case-{place}", "state": "closed", "seq": 1})
            decisions.append({"escalation": one, "rollout": running.id, "percent": 30, "candidate": case.candidate})
            accepted = None if case.wait is None else NOW + timedelta(seconds=case.wait)
            met = NOW + timedelta(minutes=5) if case.came and case.wait is not None else None
            row = {"id": made, "escalation": one, "nth": 1, "muster_at": NOW, "search_began_at": NOW}
            row |= {
                "accepted_at": accepted,
                "state": "done" if met else "missed",
                "ended_at": NOW + timedelta(minutes=9),
            }
            calls.append(row | {"customer_joined_at": met, "agent_joined_at": met})
            states = ["declined"] * case.declined + (["done"] if case.wait is not None else [])
            for nth, state in enumerate(states, 1):
                row = {"call": made, "nth": nth, "person": who, "round": round_id, "state": state, "why": {}}
                offers.append(row | {"made_at": NOW, "expires_at": NOW})
            if case.score:
                ratings.append({"call": made, "escalation": one, "score": case.score, "at": NOW})
            if not case.came:
                missed.append(one)
        written = ((escalation, escalations), (staged_escalation, decisions), (call, calls), (offer, offers))
        for table, rows in (*written, (rating, ratings)):
            if rows:
                await conn.execute(insert(table), rows)
        for one in missed:
            await record(conn, one, Kind.CUSTOMER_MISSED, NOW)


def desk_life(candidate: int, current: int) -> list[Case]:
    """Cases in which the candidate's calls are accepted in half the time; everything else is equal."""
    random = Random(5)
    found = []
    for place in range(candidate + current):
        mine = place < candidate
        wait = round(random.expovariate(1 / (30 if mine else 60))) + 5
        declined, score = int(random.random() < 0.2), random.choice([5, 5, 4, 4, 3])
        came = random.random() < 0.95
        found.append(Case(mine, wait, declined, score if came else None, came))
    return found


async def test_both_sides_are_counted_from_the_rows(office: Office) -> None:
    running = await trial_of(office)
    await live(
        office,
        running,
        [
            Case(True, 20, declined=1, score=5),
            Case(True, None),
            Case(True, 40, came=False),
            Case(False, 60, declined=2, score=3),
            Case(False, 10, score=4),
        ],
    )
    async with office.engine.connect() as conn:
        candidate, current = await rollout_sides(conn, running.id, 30)
        other, _ = await rollout_sides(conn, running.id, 10)
        cases = await rollout_cases(conn, running.id)
    assert sorted(candidate.waits) == [20.0, 40.0, float("inf")]
    assert (candidate.escalations, candidate.ended, candidate.took_place, candidate.no_shows) == (3, 3, 1, 1)
    assert (candidate.offers, candidate.declined, candidate.ratings, candidate.satisfied) == (3, 1, 1, 1)
    assert (current.offers, current.declined, current.ratings, current.satisfied) == (4, 2, 2, 1)
    assert (other.escalations, dict(cases)) == (0, {30: (3, 2)})


async def test_the_page_says_whether_the_data_is_conclusive(office: Office) -> None:
    running = await trial_of(office)
    manager = await office.browser("Marta Manager")
    early = html.unescape(await manager.get(f"/rules/stages/{running.id}"))
    assert "Version 2 is live for 30 % of the customers" in early
    assert "Too early to tell" in early
    assert "Too few to tell: 0 of about" in early
    await live(office, running, desk_life(140, 330))
    page = html.unescape(await manager.get(f"/rules/stages/{running.id}"))
    assert "Better in time to accept, worse in nothing." in page
    assert "Sooner: by " in page
    assert "140 decided by version 2, 330 by version 1" in page
    assert page.count("<svg") == 4


async def test_continuing_and_rolling_back_take_one_click_each(office: Office) -> None:
    running = await trial_of(office)
    manager = await office.browser("Marta Manager")
    address = f"/rules/stages/{running.id}"
    form = form_to(await manager.get(address), "/next")
    assert form.buttons[0] == {"to": "70"}
    answer = await manager.client.post(form.action, data=form.fields | form.buttons[0])
    assert answer.headers["location"] == f"{address}?said=next"
    assert "Now live for 70 %" in await manager.get(f"{address}?said=next")
    stale = await manager.client.post(form.action, data=form.fields | form.buttons[0])
    assert stale.status_code == 409
    assert "out of date, so nothing was changed" in html.unescape(stale.text)
    back = await manager.post(f"{address}/roll-back", address, reason="too many declines")
    assert back.headers["location"] == f"{address}?said=back"
    page = html.unescape(await manager.get(f"{address}?said=back"))
    assert "Version 2 was rolled back" in page
    assert "version 1 decides for everybody again" in page
    again = await manager.post(f"{address}/roll-back", "/rules/edit")
    assert again.status_code == 409
    assert "Version 2 alongside version 1" in await manager.get("/rules/stages")
    assert "never live for everybody" in await manager.get("/rules/versions")


async def test_to_everybody_and_back_to_an_earlier_version(office: Office) -> None:
    running = await trial_of(office, 70)
    manager: Browser = await office.browser("Marta Manager")
    address = f"/rules/stages/{running.id}"
    answer = await manager.post(f"{address}/next", address, seen="70", to="100")
    assert answer.headers["location"] == f"{address}?said=everybody"
    assert "Version 2 went to everybody" in await manager.get(address)
    back = await manager.post("/rules/versions/1/publish", "/rules/versions/1", seen="2")
    assert back.status_code == 303
    late = await manager.post("/rules/versions/2/publish", "/rules/versions/1", seen="2")
    assert (late.status_code, "version 3 is current" in late.text) == (409, True)
    async with office.engine.connect() as conn:
        current = await current_published(conn)
    assert current is not None
    assert (current.number, current.text) == (3, RULES)


async def test_unknown_rollouts_are_not_found(office: Office) -> None:
    manager = await office.browser("Marta Manager")
    assert "No rollouts yet" in await manager.get("/rules/stages")
    await manager.get("/rules/stages/99", 404)
    running = await trial_of(office)
    moved = await manager.client.get("/rules/stages")
    assert (moved.status_code, moved.headers["location"]) == (303, f"/rules/stages/{running.id}")
    assert "See how it is doing" in await manager.get("/rules/versions/2")


@pytest.mark.parametrize(
    ("verdict", "sentence"),
    [
        (Verdict.BETTER, "Sooner: by 5 s to 25 s."),
        (Verdict.ALIKE, "No visible difference: between 25 s sooner and 5 s later."),
        (Verdict.TOO_FEW, "Too few to tell: 40 of about 94 calls."),
    ],
)
def test_a_verdict_in_words(verdict: Verdict, sentence: str) -> None:
    change = Estimate(-15, -25, 5 if verdict is Verdict.ALIKE else -5, 140)
    side = Estimate(30, 20, 41, 40)
    card = cards([Comparison(RolloutMeasure.WAIT, side, side, change, 94, verdict)], "Version 2", "Version 1")[0]
    assert card.sentence == sentence
    assert (card.rows[0].figure, card.rows[0].between, card.rows[0].cases) == ("30 s", "20 s to 41 s", "40 calls")
    assert 0 < card.rows[0].x < (card.rows[0].mark or 0) < card.rows[0].x + card.rows[0].width <= 200


def test_a_headline_never_hides_what_is_worse() -> None:
    side = Estimate(0.5, 0.4, 0.6, 100)
    found = [Comparison(measure, side, side, side, 90, Verdict.BETTER) for measure in RolloutMeasure]
    assert headline(found)[0] == "done"
    found[2] = Comparison(RolloutMeasure.DECLINES, side, side, side, 90, Verdict.WORSE)
    assert headline(found) == (
        "person",
        "Worse in declines, better in time to accept, rating and calls that took place.",
    )
