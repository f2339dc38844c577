"""Outcomes: figures that match the rows, and a CSV without formulas."""

from __future__ import annotations

import csv
import io
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from database.stores.journal.timeline import record
from database.stores.queries.outcomes import By, Measures, NotServed, Period, by_day, measure, measure_by, not_served
from database.tables.directory import person
from database.tables.escalation import escalation
from database.tables.muster import call, rating, wrap_up
from domain.escalation import Kind
from tests.web.office import Office, office, ticket
from web.outcomes.bars import RAIL, chart
from web.outcomes.reading import cell
from web.outcomes.sentences import rating_bar

__all__ = ["office"]

NOW = datetime.now(UTC)
SPAN = Period(NOW - timedelta(days=28), NOW + timedelta(minutes=1))


async def served(
    office: Office, name: str, *, ago: timedelta, minutes: int, score: int | None, resolved: str | None = "yes"
) -> str:
    """Adds the rows of a call that took place."""
    async with office.program() as program:
        body = ticket(str(uuid.uuid4()), ticket__facts={"replies": minutes, "tags": []})
        one = str((await program.post("/api/v1/escalations", json=body)).json()["id"])
    ended, made = NOW - ago, str(uuid.uuid4())
    async with office.engine.begin() as conn:
        who = (await conn.execute(select(person).where(person.c.name == name))).one()
        row = {"id": made, "escalation": one, "nth": 1, "state": "done", "muster_at": ended, "person": who.id}
        row |= {"team": who.team, "title": who.title, "ended_at": ended, "wrapped_up_at": ended}
        began = ended - timedelta(minutes=minutes)
        row |= {"customer_joined_at": began, "agent_joined_at": began + timedelta(minutes=1)}
        await conn.execute(call.insert().values(row))
        if resolved is not None:
            await conn.execute(wrap_up.insert().values(call=made, resolved=resolved, person=who.id, at=ended))
        if score is not None:
            await conn.execute(rating.insert().values(call=made, escalation=one, score=score, at=ended))
    return one


async def some_calls(office: Office) -> None:
    day = timedelta(days=1)
    await served(office, "Anna Schmidt", ago=day, minutes=10, score=5)
    await served(office, "Anna Schmidt", ago=2 * day, minutes=20, score=4, resolved="no")
    await served(office, "Miguel Torres", ago=2 * day, minutes=60, score=None, resolved=None)
    one = await served(office, "Anna Schmidt", ago=30 * day, minutes=5, score=1)
    async with office.engine.begin() as conn:
        for kind in (Kind.NOBODY_AVAILABLE, Kind.CUSTOMER_MISSED, Kind.CUSTOMER_MISSED, Kind.AGENT_MISSED):
            await record(conn, one, kind, NOW)


async def test_the_numbers_are_those_of_the_rows(office: Office) -> None:
    await some_calls(office)
    async with office.engine.connect() as conn:
        period = await measure(conn, SPAN)
        by_title = await measure_by(conn, SPAN, By.TITLE)
        people = await measure_by(conn, SPAN, By.PERSON)
        lost = await not_served(conn, SPAN)
        days = await by_day(conn, SPAN, "Europe/Copenhagen")
    assert period == Measures("", 3, 2, 4.5, 2, 1, 1200.0, 30.0)
    assert period.resolution == 0.5
    assert [(line.name, line.served, line.csat) for line in by_title] == [("Marine Engineer", 3, 4.5)]
    assert [(line.name, line.served) for line in people] == [("Anna Schmidt", 2), ("Miguel Torres", 1)]
    assert lost == NotServed(1, 1, 1, 1), "one escalation, however many of its calls did not come about"
    assert sum(day.served for day in days) == 3


async def test_each_figure_has_its_unit_its_period_and_the_one_before(office: Office) -> None:
    await some_calls(office)
    page = await (await office.browser("Marta Manager")).get("/outcomes")
    assert "from 2 ratings in the last 28 days" in page
    assert "Before: 1.0, from 1." in page
    assert "20 min" in page
    assert 'role="img"' in page
    assert "Anna Schmidt: too few ratings (2)" in page
    assert 'class="rail" x="140"' not in page, "no bar stands for two ratings"
    lost = "escalation had a call that did not come about in the last 28 days: 1 with nobody available, 1 without the"
    assert f"{lost} customer (1 had both). Besides, 1 agent did not join and was replaced." in page
    await (await office.browser("Otto Ops")).get("/outcomes?days=7")
    await (await office.browser("Anna Schmidt")).get("/outcomes", 403)


async def test_without_calls_the_page_says_so(office: Office) -> None:
    page = await (await office.browser("Marta Manager")).get("/outcomes?days=90")
    assert "No calls were served in this period" in page
    assert "–" in page


def test_a_bar_stands_for_five_ratings_at_least() -> None:
    lines = [Measures(f"{number}", 9, number, 4.0, 9, 9, 60.0, 1.0) for number in (0, 1, 4, 5)]
    drawn = chart("ratings", [rating_bar(line) for line in lines], 5)
    assert [(bar.figure, bar.width) for bar in drawn.bars] == [
        ("no ratings", None),
        ("too few ratings (1)", None),
        ("too few ratings (4)", None),
        ("4.0 (5)", round(0.8 * RAIL)),
    ]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(start: str) -> None:
    assert cell(f"{start}cmd").startswith("'")


async def test_the_csv_has_the_figures(office: Office) -> None:
    await some_calls(office)
    async with office.engine.begin() as conn:
        await conn.execute(person.update().where(person.c.name == "Anna Schmidt").values(name='=HYPERLINK("x")'))
    text = await (await office.browser("Marta Manager")).get("/outcomes.csv?by=person")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0][:3] == ["person", "calls served", "ratings"]
    assert rows[1] == ['\'=HYPERLINK("x")', "2", "2", "4.50", "2", "1", "900.00", "15.00"]


async def test_a_fact_that_is_not_a_number_counts_as_unknown(office: Office) -> None:
    one = await served(office, "Anna Schmidt", ago=timedelta(days=1), minutes=10, score=5)
    async with office.engine.begin() as conn:
        await conn.execute(escalation.update().where(escalation.c.id == one).values(facts={"replies": "many"}))
        assert (await measure(conn, SPAN)).replies is None
