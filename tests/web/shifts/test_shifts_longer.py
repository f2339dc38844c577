"""A change of shifts with calls at risk is followed by a longer search, which changes nothing."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, text

from database.tables.booking import booking, witness
from database.tables.schedule import time_off
from tests.web.customers import caller
from tests.web.forms import form_to
from tests.web.office import Office, office

__all__ = ["office"]


async def test_a_longer_search_for_calls_at_risk_changes_nothing(office: Office) -> None:
    one = await caller(office)
    booked = await one.book()
    async with office.engine.begin() as conn:
        who = (await conn.execute(select(witness.c.person))).scalar_one()
        away = (
            "DELETE FROM shift WHERE person <> :who AND during && tstzrange(:at - interval '6 h', :at + interval '6 h')"
        )
        await conn.execute(text(away), {"who": who, "at": booked.starts_at})
    manager, here = await office.browser("Marta Manager"), f"/shifts/people/{who}"
    day = (booked.starts_at + timedelta(hours=1)).date().isoformat()
    preview = await manager.post(f"{here}/changes", here, what="day", day=day, way="off")
    assert "Nothing has changed yet" in preview.text
    form = form_to(preview.text, "/changes")
    assert 'hx-vals=\'{"longer": "yes"}\'' in preview.text
    part = await manager.client.post(form.action, data=form.fields | {"longer": "yes"}, headers={"HX-Request": "true"})
    assert part.status_code == 200, part.text
    assert "<html" not in part.text
    assert "nobody was found for 1, and at least 1 of them cannot be served in any arrangement." in part.text
    full_page = await manager.client.post(form.action, data=form.fields | {"longer": "yes", "confirmed": "yes"})
    assert "Nothing has changed yet" in full_page.text
    assert "After a longer search" in full_page.text
    async with office.engine.connect() as conn:
        assert (await conn.execute(select(booking.c.state))).scalar_one() == "sold"
        assert (await conn.execute(select(time_off))).all() == []
    again = form_to(full_page.text, "/changes")
    done = await manager.client.post(again.action, data=again.fields)
    assert done.status_code == 303, "looking longer is not kept with what was asked for"
