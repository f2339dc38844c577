"""Rules that take seats are shown with the booked calls that could not be served, before they are published."""

from __future__ import annotations

import asyncio
import html
from datetime import UTC
from pathlib import Path

from click.testing import CliRunner
from sqlalchemy import func, select, text

from cli.main import main
from database.stores.rules.rollouts import running_rollout
from database.stores.rules.versions import current_published
from database.tables.booking import booking, pool, witness
from tests.web.forms import form_to
from tests.web.office import RULES, Office, office
from tests.web.shifts.test_shifts_pages import ANNA, MANAGER, booked, state_of

__all__ = ["office"]

ELSEWHERE = 'rules for "Harbor Boats support"\n\notherwise\n  send to team "Office"\n'
GENTLER = RULES.replace("if nobody in 3 minutes", "if nobody in 2 minutes")


async def published(office: Office) -> int:
    async with office.engine.connect() as conn:
        current = await current_published(conn)
    assert current is not None
    return current.number


async def test_calls_that_could_not_be_served_are_shown_before_publishing(office: Office) -> None:
    await booked(office)
    manager = await office.browser(MANAGER)
    answer = await manager.post("/rules/publish", "/rules/edit", text=ELSEWHERE, reason="office", based_on="1")
    assert answer.status_code == 200
    page = html.unescape(answer.text)
    assert "Nothing is published yet" in page
    assert "Up to 1 of 1 booked calls" in page
    assert "They keep the plan they were booked with" in page
    assert "Engine stops at sea" in page
    assert await published(office) == 1
    async with office.engine.connect() as conn:
        assert (await conn.execute(select(func.count()).select_from(pool))).scalar_one() == 1, "tried, and taken back"
    form = form_to(answer.text, "/rules/publish")
    form.fields["text"] = ELSEWHERE
    again = await manager.client.post("/rules/publish", data=form.fields)
    assert (again.status_code, again.headers["location"]) == (303, "/rules?said=published")
    assert await published(office) == 2
    assert await state_of(office) == "sold", "what is booked stands"
    async with office.engine.connect() as conn:
        assert (await conn.execute(select(witness.c.person))).scalar_one() == office.people[ANNA]


async def test_a_longer_search_proves_or_finds_people(office: Office) -> None:
    await booked(office)
    manager = await office.browser(MANAGER)
    first = await manager.post("/rules/publish", "/rules/edit", text=ELSEWHERE, reason="office", based_on="1")
    form = form_to(first.text, "/rules/publish")
    form.fields["text"] = ELSEWHERE
    full_page = await manager.client.post("/rules/weigh", data=form.fields)
    assert "1 of 1 booked calls</span> could not be served under these rules, in the search so far" in full_page.text
    assert "at least 1 cannot be served in any arrangement" in full_page.text
    assert form_to(full_page.text, "/rules/publish").fields["reason"] == "office"
    part = await manager.client.post("/rules/weigh", data=form.fields, headers={"HX-Request": "true"})
    assert "<html" not in part.text
    assert 'name="shown" value="77"' in part.text
    away = await manager.client.post("/rules/weigh", data=form.fields | {"action": "https://evil.example/"})
    assert form_to(away.text, "/rules/publish")


async def test_somebody_who_could_work_longer_is_named(office: Office) -> None:
    await booked(office)
    async with office.engine.begin() as conn:
        who, start = office.people["Ines Costa"], (await conn.execute(select(booking.c.starts_at))).scalar_one()
        late = text("INSERT INTO shift (person, during) VALUES (:who, tstzrange(:start, :start + interval '9 hours'))")
        await conn.execute(text("DELETE FROM shift WHERE person = :who"), {"who": who})
        await conn.execute(late, {"who": who, "start": start})
    manager = await office.browser(MANAGER)
    answer = await manager.post("/rules/publish", "/rules/edit", text=ELSEWHERE, reason="office", based_on="1")
    assert (
        f'<a href="/shifts/people/{who}?day={start.astimezone(UTC).date()}#days">Ines Costa</a> working 10'
        in answer.text
    )


async def test_rules_that_take_no_seats_are_published_immediately(office: Office) -> None:
    await booked(office, alone=False)
    manager = await office.browser(MANAGER)
    answer = await manager.post("/rules/publish", "/rules/edit", text=GENTLER, reason="faster", based_on="1")
    assert (answer.status_code, await published(office)) == (303, 2)


async def test_rollout_steps_and_going_back_show_a_preview_too(office: Office) -> None:
    await booked(office)
    manager = await office.browser(MANAGER)
    sent = {"text": ELSEWHERE, "reason": "office", "based_on": "1", "percent": "10"}
    answer = await manager.post("/rules/publish", "/rules/edit", **sent)
    assert "Publish these rules to 10 % of the customers?" in answer.text
    form = form_to(answer.text, "/rules/publish")
    form.fields["text"] = ELSEWHERE
    assert (await manager.client.post("/rules/publish", data=form.fields)).status_code == 303
    async with office.engine.connect() as conn:
        running = await running_rollout(conn)
    assert running is not None
    here = f"/rules/stages/{running.id}"
    step = await manager.post(f"{here}/next", here, seen="10", to="100")
    assert step.status_code == 200
    assert "Give version 2 to everybody?" in step.text
    form = form_to(step.text, "/next")
    assert (await manager.client.post(f"{here}/next", data=form.fields)).headers["location"].endswith("everybody")
    assert await published(office) == 2
    fine = await manager.post("/rules/versions/1/publish", "/rules/versions/1", seen="2")
    assert (fine.status_code, await published(office)) == (303, 3), "by the first rules it can be served"
    back = await manager.post("/rules/versions/2/publish", "/rules/versions/2", seen="3")
    assert back.status_code == 200
    assert "Go back to version 2?" in back.text
    form = form_to(back.text, "/versions/2/publish")
    assert (await manager.client.post("/rules/versions/2/publish", data=form.fields)).status_code == 303
    assert await published(office) == 4


async def test_a_call_sold_in_the_meantime_is_shown_before_publishing(office: Office) -> None:
    await booked(office)
    manager = await office.browser(MANAGER)
    sent = {"text": ELSEWHERE, "reason": "office", "based_on": "1", "shown": "76,x,-1,٣"}
    answer = await manager.post("/rules/publish", "/rules/edit", **sent)
    assert (answer.status_code, await published(office)) == (200, 1)


async def test_the_command_refuses_until_it_is_confirmed(office: Office, database_url: str, tmp_path: Path) -> None:
    await booked(office)
    file, env = tmp_path / "desk.rules", {"MUSTER_DATABASE_URL": database_url, "MUSTER_HOME": str(tmp_path)}
    file.write_text(ELSEWHERE)
    words = ["rules", "publish", str(file), "--reason", "office"]
    refused = await asyncio.to_thread(CliRunner().invoke, main, words, env=env)
    assert (refused.exit_code, await published(office)) == (1, 1)
    assert "1 of 1 booked calls could not be served" in refused.output
    assert "Engine stops at sea" in refused.output
    meant = await asyncio.to_thread(CliRunner().invoke, main, [*words, "--accept-at-risk"], env=env)
    assert (meant.exit_code, await published(office)) == (0, 2)
