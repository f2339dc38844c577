"""Taking somebody out of a pool shows first which booked calls nobody else could serve."""

from __future__ import annotations

import html
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text

from database.tables.booking import booking, witness
from database.tables.directory import person
from tests.web.customers import caller
from tests.web.desk_floor import Floor
from tests.web.forms import form_to
from tests.web.office import Office, office
from tests.web.shifts.test_shifts_pages import ANNA, booked, state_of

__all__ = ["office"]


async def still_works(office: Office) -> bool:
    async with office.engine.connect() as conn:
        return bool((await conn.execute(select(person.c.active).where(person.c.name == ANNA))).scalar_one())


async def test_a_booked_call_that_loses_its_last_person_is_shown_before_anything_is_saved(office: Office) -> None:
    await booked(office)
    admin, who = await office.browser("Ada Admin"), office.people[ANNA]
    here = f"/directory/people/{who}"
    form = form_to(await admin.get(here), here)
    async with office.engine.connect() as conn:
        row = (await conn.execute(select(person).where(person.c.id == who))).one()
    form.fields |= {"team": str(row.team), "title": str(row.title), "role": "agent"}
    async with office.engine.connect() as conn:
        held = await conn.execute(text("SELECT skill, level FROM person_skill WHERE person = :who"), {"who": who})
        form.fields |= {f"skill-{one.skill}": str(one.level) for one in held}
    answer = await admin.client.post(here, data=form.fields | {"active": "no"})
    said = html.unescape(answer.text)
    assert answer.status_code == 200
    assert "Nothing is saved yet" in said
    assert "Engine stops at sea" in said
    assert "Deactivate anyway" in said
    assert (await still_works(office), await state_of(office)) == (True, "sold")
    shown = form_to(answer.text, here).fields
    assert (shown["shown"], shown["active"]) == ("77", "no")
    meant = await admin.client.post(here, data=form.fields | {"active": "no", "shown": shown["shown"]})
    assert meant.status_code == 303
    assert "risk=1" in meant.headers["location"]
    assert (await still_works(office), await state_of(office)) == (False, "at_risk")


async def test_without_calls_at_risk_a_change_is_saved_immediately(office: Office) -> None:
    await booked(office, alone=False)
    admin, who = await office.browser("Ada Admin"), office.people[ANNA]
    here = f"/directory/people/{who}"
    fields = form_to(await admin.get(here), here).fields
    answer = await admin.client.post(here, data=fields | {"team": "", "title": "", "role": "agent", "shown": "٣,,-1"})
    assert answer.status_code == 303, html.unescape(answer.text)
    assert "given=1" in answer.headers["location"]


async def test_a_longer_search_for_calls_at_risk_saves_nothing(office: Office) -> None:
    one = await caller(office)
    await one.book()
    async with office.engine.begin() as conn:
        who = (await conn.execute(select(witness.c.person))).scalar_one()
        await conn.execute(text("DELETE FROM shift WHERE person <> :who"), {"who": who})
    admin = await office.browser("Ada Admin")
    here = f"/directory/people/{who}"
    fields = form_to(await admin.get(here), here).fields | {"team": "", "title": "", "role": "agent"}
    tried = await admin.client.post(here, data=fields | {"trying": "yes"})
    assert f'hx-post="{here}" hx-trigger="load" hx-include="#card"' in tried.text
    again = form_to(tried.text, here).fields | {"team": "", "title": "", "role": "agent", "longer": "yes"}
    part = await admin.client.post(here, data=again, headers={"HX-Request": "true"})
    assert part.status_code == 200, part.text
    assert "<html" not in part.text
    assert "nobody was found for 1, and at least 1 of them cannot be served in any arrangement." in part.text
    whole = await admin.client.post(here, data=again)
    assert "After a longer search" in whole.text
    assert "hx-trigger" not in whole.text.partition("</h1>")[2], "it was looked at already"
    async with office.engine.connect() as conn:
        assert (await conn.execute(select(booking.c.state))).scalar_one() == "sold"
        assert (await conn.execute(select(person.c.team).where(person.c.id == who))).scalar_one() is not None


@pytest.mark.parametrize(
    ("state", "joined", "said"),
    [
        ("offered", False, f"is being offered to {ANNA}. The offer ends within seconds"),
        ("taken", False, "It is taken back within seconds, and somebody else is asked"),
        ("taken", True, "who is in the room and can stay in it"),
        ("on_call", True, f"is going on between {ANNA} and Mira Olsen."),
        ("wrapping_up", True, "who is signed out and can’t finish that."),
    ],
)
async def test_deactivating_somebody_with_a_call_says_first_what_it_changes(
    office: Office, state: str, joined: bool, said: str
) -> None:
    floor = Floor(office)
    made = await floor.due_call()
    await floor.offer(made, ANNA, state="offered" if state == "offered" else "accepted")
    await floor.change_call(made, state=state, agent_joined_at=datetime.now(UTC) if joined else None)
    admin, here = await office.browser("Ada Admin"), f"/directory/people/{office.people[ANNA]}"
    fields = form_to(await admin.get(here), here).fields | {"team": "", "title": "", "role": "agent", "active": "no"}
    answer = await admin.client.post(here, data=fields)
    page = html.unescape(answer.text)
    assert said in page
    assert "Deactivate anyway" in page
    assert await still_works(office)
    shown = form_to(answer.text, here).fields
    assert (shown["active"], made.call_id in shown["confirmed"]) == ("no", True)
    other = {"confirmed": shown["confirmed"].replace(f"/{state}/", "/other/")}
    assert (await admin.client.post(here, data=fields | other)).status_code == 200, "the call has moved on"
    assert (await admin.client.post(here, data=fields | {"confirmed": shown["confirmed"]})).status_code == 303
    assert not await still_works(office)
