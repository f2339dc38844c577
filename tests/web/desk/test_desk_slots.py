"""The page of a day's start times: open ones, closed ones with reasons, and remedies for a booking at risk."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import text

from database.stores.staff.shifts import update_all_shifts
from tests.web.customers import caller
from tests.web.desk_floor import ME, Floor, floor
from tests.web.forms import form_to
from tests.web.office import office

__all__ = ["floor", "office"]


async def test_each_closed_time_says_why(floor: Floor) -> None:
    one = await caller(floor.office)
    browser = await floor.office.browser(ME)
    page = f"/desk/escalations/{one.escalation_id}/slots"
    some_day = f"{page}?day={(await one.free())[0].astimezone(ZoneInfo('Europe/Copenhagen')).date()}"
    assert "times are open for" in await browser.get(some_day)
    yesterday = (datetime.now(UTC) - timedelta(days=2)).date()
    assert "It is in the past." in await browser.get(f"{page}?day={yesterday}")
    far = (datetime.now(UTC) + timedelta(days=200)).date()
    assert "further ahead than calls are booked" in await browser.get(f"{page}?day={far}")
    assert "times are open for" in await browser.get(f"{page}?day=9999-99-99"), (
        "a day that is none is the first offered"
    )
    async with floor.engine.begin() as conn:
        await conn.execute(text("DELETE FROM weekly_shift"))
        await update_all_shifts(conn, datetime.now(UTC))
    closed = await browser.get(some_day)
    assert "0 times are open" in closed
    assert "Nobody in the pool is on shift for the whole call" in closed


async def test_a_booking_at_risk_shows_what_could_help(floor: Floor) -> None:
    one = await caller(floor.office)
    booked = await one.book()
    browser = await floor.office.browser(ME)
    page = f"/desk/escalations/{one.escalation_id}/slots"
    assert "At risk" not in await browser.get(page)
    lost = f"WITH gone AS (DELETE FROM witness) UPDATE booking SET state = 'at_risk' WHERE id = {booked.booking_id}"
    await one.run(lost)
    shown = await browser.get(page)
    assert "At risk" in shown
    assert "Offer the customer another time" in shown


async def test_slots_of_an_unknown_escalation_are_not_found(floor: Floor) -> None:
    browser = await floor.office.browser(ME)
    answer = await browser.client.get("/desk/escalations/00000000-0000-0000-0000-000000000000/slots")
    assert answer.status_code == 404


async def test_a_manager_releases_the_reserve_by_a_button_and_an_agent_does_not(floor: Floor) -> None:
    one = await caller(floor.office)
    booked = await one.book()
    page = f"/desk/escalations/{one.escalation_id}/slots"
    keep_all = "UPDATE escalation SET plan = jsonb_set(plan, '{decision,booking,reserve_percent}', '100')"
    await one.run(keep_all)
    await one.run(
        f"WITH gone AS (DELETE FROM witness) UPDATE booking SET state = 'at_risk' WHERE id = {booked.booking_id}"
    )
    agent, manager = await floor.office.browser(ME), await floor.office.browser("Marta Manager")
    assert "A manager can do this here" in await agent.get(page)
    assert f'href="{page}">What could help' in await manager.get("/board")
    assert f'href="{page}">What could help' in await manager.get(f"/ops/{one.escalation_id}")
    refused = await agent.post(f"{page.removesuffix('/slots')}/release-reserve", "/desk/escalate")
    assert refused.status_code == 403
    form = form_to(await manager.get(page), "/release-reserve")
    done = await manager.client.post(form.action, data=form.fields)
    assert (done.status_code, done.headers["location"]) == (303, f"{page}?said=released")
    assert "The reserve has been released for this call" in await manager.get(done.headers["location"])
    again = await manager.client.post(form.action, data=form.fields)
    assert again.headers["location"] == f"{page}?said=served"
    story = await manager.get(f"/ops/{one.escalation_id}")
    assert "the reserve was released for it, by Marta Manager" in story
    await one.run(
        f"WITH gone AS (DELETE FROM witness) UPDATE booking SET state = 'at_risk' WHERE id = {booked.booking_id}"
    )
    await one.run("DELETE FROM shift")
    late = await manager.client.post(form.action, data=form.fields)
    assert late.status_code == 409
    assert "Nobody in reserve is free" in late.text


async def test_a_manager_widens_the_pool_of_a_call_at_risk_and_its_story_says_so(floor: Floor) -> None:
    one = await caller(floor.office)
    booked = await one.book()
    page = f"/desk/escalations/{one.escalation_id}/slots"
    office = "(SELECT id FROM team WHERE name = 'Office')"
    step = f"""jsonb_build_array(jsonb_build_object('after', 180, 'kind', 'widen', 'text', 'widen to team "Office"',
        'targets', jsonb_build_array(jsonb_build_object('team', {office}, 'text', 'team "Office"'))))"""
    await one.run(f"UPDATE escalation SET plan = jsonb_set(plan, '{{decision,steps}}', {step})")
    await one.run(
        f"WITH gone AS (DELETE FROM witness) UPDATE booking SET state = 'at_risk' WHERE id = {booked.booking_id}"
    )
    await one.run("DELETE FROM shift")
    await one.run(
        "INSERT INTO shift (person, during) SELECT p.id, tstzrange(b.starts_at - interval '2 h', b.starts_at + interval"
        f" '2 h') FROM person p, booking b WHERE p.team = {office} AND b.id = {booked.booking_id}"
    )
    agent, manager = await floor.office.browser(ME), await floor.office.browser("Marta Manager")
    shown = await agent.get(page)
    assert "Start at a later step of its plan, “widen to Office”" in shown
    assert "widen-pool" not in shown, "an agent is told who can do it"
    refused = await agent.post(f"{page.removesuffix('/slots')}/widen-pool", "/desk/escalate", step="1")
    assert refused.status_code == 403
    form = form_to(await manager.get(page), "/widen-pool")
    for wrong in ("2", "-1", "²", "", "9" * 50):
        late = await manager.client.post(form.action, data=form.fields | {"step": wrong})
        assert late.status_code == 409
        assert "Nobody in that wider pool is free" in late.text
    done = await manager.client.post(form.action, data=form.fields)
    assert (done.status_code, done.headers["location"]) == (303, f"{page}?said=widened")
    assert "This call’s pool is now wider" in await manager.get(done.headers["location"])
    again = await manager.client.post(form.action, data=form.fields)
    assert again.headers["location"] == f"{page}?said=served"
    story = await manager.get(f"/ops/{one.escalation_id}")
    assert "it begins with a later step of its plan, “widen to team &#34;Office&#34;”, by Marta Manager" in story
    assert "The search starts here" in story
