"""The desk: its areas, answering offers, ending calls and wrapping up."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from database.stores.queries.desk import escalation_of_call
from database.stores.wrap_up import save_wrap_up, saved_wrap_up
from database.tables.directory import presence, shift
from database.tables.escalation import escalation_event
from database.tables.muster import offer
from domain.wrap_up import Resolution, WrapUp
from tests.servers import free_port
from tests.web.desk_floor import ME, Floor, Made, floor
from tests.web.office import Browser, office, open_office

__all__ = ["floor", "office"]

SEEN = re.compile(r'name="(seen\.\w+)" value="(\w+)"')
AREA = re.compile(r'id="desk-(\w+)" hx-swap-oob')
SWAP = {"HX-Request": "true"}


async def swapped(browser: Browser, address: str, seen_on: str, **fields: str) -> httpx.Response:
    """Posts as the page's script does, with the fingerprints of the desk; returns the changed areas."""
    token = re.search(r'name="form_token" value="([^"]+)"', seen_on)
    assert token is not None
    data = {"form_token": token[1], **dict(SEEN.findall(seen_on)), **fields}
    return await browser.client.post(address, data=data, headers=SWAP)


async def available(browser: Browser) -> None:
    answer = await browser.post("/desk/presence", "/desk", state="available")
    assert answer.status_code == 303


async def test_an_empty_desk_teaches_the_first_step(floor: Floor) -> None:
    desk = await (await floor.office.browser(ME)).get("/desk")
    assert "until you are available" in desk
    assert "I’m available" in desk
    assert "When a ticket can’t be solved in writing" in desk
    assert "Calls you accept will be listed here" in desk


async def test_in_a_meeting_nobody_is_off_shift(floor: Floor) -> None:
    await floor.on_shift(ME, hours=8)
    pieces = """WITH whole AS (DELETE FROM shift WHERE person = :me RETURNING during)
      INSERT INTO shift SELECT :me, unnest(tstzmultirange(during) - tstzmultirange(tstzrange(:since, :until))), during
      FROM whole"""
    now = datetime.now(UTC)
    meeting = {"since": now - timedelta(hours=1), "until": now + timedelta(hours=1)}
    async with floor.engine.begin() as conn:
        await conn.execute(text(pieces), {"me": floor.people[ME], **meeting})
    browser = await floor.office.browser(ME)
    await available(browser)
    desk = await browser.get("/desk")
    assert re.search(r"your shift ends at .*; this time is kept free of calls until", desk)
    assert "this time is kept free of calls. Offers will resume afterwards" in desk
    assert "off shift" not in re.split("Colleagues", desk)[0]


async def test_presence_shows_its_reason_and_since_when(floor: Floor) -> None:
    browser = await floor.office.browser(ME)
    await available(browser)
    assert re.search(r"Available</strong>.*since.*your shift ends at", await browser.get("/desk"), re.DOTALL)
    await browser.post("/desk/presence", "/desk", state="away", reason="lunch")
    assert "Away: lunch" in await browser.get("/desk")
    refused = await browser.post("/desk/presence", "/desk", state="asleep")
    assert refused.status_code == 422


async def test_setting_the_same_presence_keeps_its_since(floor: Floor) -> None:
    browser = await floor.office.browser(ME)
    await available(browser)
    earlier = datetime.now(UTC) - timedelta(minutes=30)
    await floor.change_presence(ME, since=earlier)
    await available(browser)
    async with floor.engine.connect() as conn:
        row = (await conn.execute(select(presence))).one()
    assert row.since == earlier
    assert datetime.now(UTC) - row.seen_at < timedelta(seconds=5)


async def test_a_silent_desk_counts_as_vanished_until_its_next_heartbeat(floor: Floor) -> None:
    browser = await floor.office.browser(ME)
    await available(browser)
    desk = await browser.get("/desk")
    await floor.change_presence(ME, seen_at=datetime.now(UTC) - timedelta(seconds=21))
    assert "Not connected" in await browser.get("/desk/live")
    assert (await swapped(browser, "/desk/presence/heartbeat", desk)).status_code == 200
    assert "Not connected" not in await browser.get("/desk/live")


async def test_whoever_opens_their_desk_is_connected(floor: Floor) -> None:
    browser = await floor.office.browser(ME)
    await available(browser)
    await floor.change_presence(ME, seen_at=datetime.now(UTC) - timedelta(hours=1))
    assert "Not connected" not in await browser.get("/desk")


async def test_the_response_to_a_heartbeat_has_the_changed_areas_alone(floor: Floor) -> None:
    browser = await floor.office.browser(ME)
    await available(browser)
    desk = await browser.get("/desk")
    assert (await swapped(browser, "/desk/presence/heartbeat", desk)).status_code == 204
    await floor.offer(await floor.due_call(), ME)
    answer = await swapped(browser, "/desk/presence/heartbeat", desk)
    assert AREA.findall(answer.text) == ["offer"]
    seen = dict(SEEN.findall(desk)) | dict(SEEN.findall(answer.text))
    assert (await browser.client.get("/desk/live", params=seen)).status_code == 204


async def test_an_offer_shows_who_what_when_and_why(floor: Floor) -> None:
    earlier = await floor.due_call("Which oil?", ticket="1")
    await floor.done(earlier, 3, "Good call, but I waited. <b>")
    await floor.offer(await floor.due_call(), ME)
    desk = await (await floor.office.browser(ME)).get("/desk")
    for words in ("Engine stops at sea", "Mira Olsen", "priority urgent", "least busy: 12 min", "starts"):
        assert words in desk
    left = re.search(r'data-remaining="([\d.]+)"', desk)
    assert left is not None
    assert 40 < float(left[1]) <= 45
    for words in ("Which oil?", "rated 3 out of 5", "Good call, but I waited. &lt;b&gt;", "Somebody may be drifting"):
        assert words in desk
    for words in ("Rule “Engine stopped at sea”", "Also considered", "not title", "Freja Holm"):
        assert words in desk
    assert 'href="https://harbor.zendesk.com/agent/tickets/4711"' in desk


async def test_accepting_twice_is_accepting_once(floor: Floor) -> None:
    browser = await floor.office.browser(ME)
    await available(browser)
    made = await floor.due_call()
    await floor.offer(made, ME)
    accept = f"/desk/offers/{made.call_id}/1/accept"
    desk = await browser.get("/desk")
    first = await swapped(browser, accept, desk)
    assert first.status_code == 200
    assert "The call is yours" in first.text
    changed = await browser.client.get("/desk/live", params=dict(SEEN.findall(desk)), headers=SWAP)
    assert set(AREA.findall(changed.text)) >= {"offer", "calls", "today", "presence"}
    assert "Join the call" in changed.text
    join = re.search(r'href="(/join/[\w-]{43})"', first.text)
    assert join is not None
    assert (await swapped(browser, accept, desk)).status_code == 200
    assert (await browser.post(accept, "/desk")).headers["location"] == "/desk"
    async with floor.engine.connect() as conn:
        kinds = (await conn.execute(select(escalation_event.c.kind))).scalars().all()
    assert kinds.count("accepted") == 1


async def test_an_offers_context_is_for_its_person_alone(floor: Floor) -> None:
    made = await floor.due_call()
    await floor.offer(made, ME)
    context = f"/desk/offers/{made.call_id}/1/context"
    assert "Why you" in await (await floor.office.browser(ME)).get(context)
    await (await floor.office.browser("Anna Schmidt")).get(context, 409)


async def test_an_offer_that_ran_out_says_so(floor: Floor) -> None:
    browser = await floor.office.browser(ME)
    made = await floor.due_call()
    await floor.offer(made, ME)
    desk = await browser.get("/desk")
    await floor.change_offer(made, expires_at=datetime.now(UTC) - timedelta(seconds=1))
    late = await swapped(browser, f"/desk/offers/{made.call_id}/1/accept", desk)
    assert late.status_code == 409
    assert "This offer has passed: it ran out before it was answered." in late.text
    assert "has passed" in await browser.get("/desk")
    assert "Accept the call" not in await browser.get("/desk")
    plain = await browser.post(f"/desk/offers/{made.call_id}/1/accept", "/desk")
    assert plain.status_code == 409
    assert "it ran out" in plain.text


async def test_an_expired_offer_is_not_shown_beside_a_call_taken_since(floor: Floor) -> None:
    browser = await floor.office.browser(ME)
    made = await floor.due_call()
    await floor.offer(made, ME)
    await floor.change_offer(made, state="expired", expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert "has passed" in await browser.get("/desk")
    await floor.offer(made, ME, nth=2)
    assert (await browser.post(f"/desk/offers/{made.call_id}/2/accept", "/desk")).status_code == 303
    desk = await browser.get("/desk")
    assert "has passed" not in desk
    assert "Your call" in desk


async def test_an_offer_that_somebody_else_took_says_so(floor: Floor) -> None:
    browser = await floor.office.browser(ME)
    made = await floor.due_call()
    await floor.offer(made, ME)
    await floor.change_offer(made, state="withdrawn", answered_at=datetime.now(UTC))
    await floor.change_call(made, state="taken", person=floor.people["Anna Schmidt"])
    answer = await browser.post(f"/desk/offers/{made.call_id}/1/accept", "/desk")
    assert answer.status_code == 409
    assert "This offer has passed: somebody else took it." in answer.text


async def test_nobody_answers_an_offer_made_to_somebody_else(floor: Floor) -> None:
    made = await floor.due_call()
    await floor.offer(made, "Anna Schmidt")
    browser = await floor.office.browser(ME)
    assert "Engine stops" not in await browser.get("/desk")
    answer = await browser.post(f"/desk/offers/{made.call_id}/1/accept", "/desk")
    assert answer.status_code == 409
    assert "Engine stops" not in answer.text


async def test_declining_keeps_the_reason(floor: Floor) -> None:
    browser = await floor.office.browser(ME)
    made = await floor.due_call()
    await floor.offer(made, ME)
    for _ in range(2):
        answer = await browser.post(f"/desk/offers/{made.call_id}/1/decline", "/desk", reason=" in the workshop ")
        assert answer.status_code == 303
    assert "you declined it" in await browser.get("/desk")
    async with floor.engine.connect() as conn:
        assert (await conn.execute(select(offer.c.state))).scalar_one() == "declined"
        body = (await conn.execute(select(escalation_event.c.body))).scalar_one()
    assert body["reason"] == "in the workshop"


async def test_a_call_is_ended_and_asks_for_its_wrap_up(floor: Floor) -> None:
    browser = await floor.office.browser(ME)
    await available(browser)
    made = await floor.due_call()
    await floor.offer(made, ME)
    await browser.post(f"/desk/offers/{made.call_id}/1/accept", "/desk")
    await floor.change_call(made, state="on_call", customer_joined_at=datetime.now(UTC))
    assert "Mira Olsen joined at" in await browser.get("/desk")
    for _ in range(2):
        assert (await browser.post(f"/desk/calls/{made.call_id}/end", "/desk")).status_code == 303
    desk = await browser.get("/desk")
    assert "Was it solved?" in desk
    assert "Wrapping up" in desk
    assert "<option selected>engine</option>" in desk
    stranger = await floor.office.browser("Anna Schmidt")
    assert (await stranger.post(f"/desk/calls/{made.call_id}/end", "/desk")).status_code == 409
    assert (await stranger.post(f"/desk/calls/{made.call_id}/wrap-up", "/desk", resolved="yes")).status_code == 404


async def test_an_agent_whose_customer_finds_nobody_is_called_back(floor: Floor) -> None:
    made = await floor.due_call()
    await floor.offer(made, ME)
    me = await floor.office.browser(ME)
    await me.post(f"/desk/offers/{made.call_id}/1/accept", "/desk")
    now = datetime.now(UTC)
    await floor.change_call(made, state="on_call", customer_joined_at=now, agent_joined_at=now)
    assert "nobody else is in the room" not in await me.get("/desk")
    await floor.change_call(made, alone_at=now)
    assert "is alone in the call" in await me.get("/desk")


async def test_an_incomplete_wrap_up_keeps_what_was_typed(floor: Floor) -> None:
    browser = await floor.office.browser(ME)
    made = await in_wrap_up(floor, browser)
    answer = await swapped(
        browser, f"/desk/calls/{made}/wrap-up", await browser.get("/desk"), cause="billing", note="Tank was <empty>"
    )
    assert answer.status_code == 422
    assert "Was it solved? Choose yes, no or follow-up." in answer.text
    assert "<option selected>billing</option>" in answer.text
    assert "Tank was &lt;empty&gt;</textarea>" in answer.text
    wrong = await browser.post(f"/desk/calls/{made}/wrap-up", "/desk", resolved="yes", gap="the moon")
    assert wrong.status_code == 422
    assert "“the moon” is not one of the choices" in wrong.text


async def in_wrap_up(floor: Floor, browser: Browser) -> str:
    made = await floor.due_call()
    await floor.offer(made, ME)
    await browser.post(f"/desk/offers/{made.call_id}/1/accept", "/desk")
    await browser.post(f"/desk/calls/{made.call_id}/end", "/desk")
    return made.call_id


async def test_a_wrap_up_takes_no_temporal(
    database: AsyncEngine, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", f"127.0.0.1:{free_port()}")
    async with open_office(database, database_url) as office:
        floor = Floor(office)
        browser = await office.browser(ME)
        made = await in_wrap_up(floor, browser)
        answer = await browser.post(f"/desk/calls/{made}/wrap-up", "/desk", resolved="no", note="Tank was empty")
        assert answer.status_code == 303
        async with office.engine.connect() as conn:
            assert await saved_wrap_up(conn, made, floor.people[ME]) == WrapUp(Resolution.NO, note="Tank was empty")


async def test_a_wrap_up_that_meets_a_locked_row_is_kept_on_the_page(floor: Floor) -> None:
    browser = await floor.office.browser(ME)
    made = await in_wrap_up(floor, browser)
    async with floor.engine.begin() as conn:
        await conn.execute(text("SELECT id FROM escalation FOR UPDATE"))
        answer = await browser.post(f"/desk/calls/{made}/wrap-up", "/desk", resolved="no", note="Tank was empty")
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert "so nothing was done" in answer.text
    assert 'value="no" required checked' in answer.text
    assert "Tank was empty</textarea>" in answer.text


async def test_a_second_click_on_a_wrap_up_shows_what_was_saved(floor: Floor) -> None:
    browser = await floor.office.browser(ME)
    made = await in_wrap_up(floor, browser)
    async with floor.engine.begin() as conn:
        escalation_id = await escalation_of_call(conn, made, floor.people[ME])
        assert escalation_id is not None
        wrap_up = WrapUp(Resolution.NO, cause="billing", product_area="engine", note="Tank was empty")
        await save_wrap_up(conn, escalation_id, made, floor.people[ME], wrap_up, datetime.now(UTC))
    page = await browser.get("/desk")
    same = {"resolved": "no", "cause": "billing", "product_area": "engine", "note": "Tank was empty"}
    for fields, status in ((same, 200), (same | {"note": "Tank was full"}, 409), ({"resolved": "yes"}, 409), ({}, 409)):
        again = await swapped(browser, f"/desk/calls/{made}/wrap-up", page, **fields)
        assert again.status_code == status, again.text
        assert "already wrapped up: not solved, billing, engine. Nothing was changed." in again.text
    async with floor.engine.connect() as conn:
        assert await saved_wrap_up(conn, made, floor.people[ME]) == wrap_up
        assert await saved_wrap_up(conn, made, floor.people["Anna Schmidt"]) is None
    stranger = await floor.office.browser("Anna Schmidt")
    assert (await stranger.post(f"/desk/calls/{made}/wrap-up", "/desk", resolved="yes")).status_code == 404


async def test_a_manager_sees_who_is_at_their_desk_and_acts_for_nobody(floor: Floor) -> None:
    async with floor.engine.begin() as conn:
        await conn.execute(shift.delete().where(shift.c.person != floor.people[ME]))
    await available(await floor.office.browser(ME))
    manager = await floor.office.browser("Marta Manager")
    desk = await manager.get("/desk")
    assert "Who is at their desk" in desk
    assert re.search(r"Miguel Torres.*available.*Anna Schmidt.*offline", desk, re.DOTALL)
    assert "I’m available" not in desk
    assert 'hx-get="/desk/colleagues"' in desk
    await floor.change_presence(ME, seen_at=datetime.now(UTC) - timedelta(minutes=1))
    assert re.search(r"Miguel Torres.*silent", await manager.get("/desk/colleagues"), re.DOTALL)
    assert "<html" not in await manager.get("/desk/colleagues")
    assert (await manager.post("/desk/presence", "/desk", state="available")).status_code == 403


async def test_a_form_of_another_site_is_refused(floor: Floor) -> None:
    browser = await floor.office.browser(ME)
    answer = await browser.client.post("/desk/presence", data={"state": "available"})
    assert answer.status_code == 403
    async with floor.engine.connect() as conn:
        assert (await conn.execute(select(presence))).one_or_none() is None


async def had_a_call(floor: Floor, ended: timedelta) -> None:
    """A call that ended this long ago, wrapped up at once."""
    made = await floor.due_call("Which oil?", ticket="1")
    await floor.offer(made, ME, state="done")
    at = datetime.now(UTC) - ended
    values = {"state": "done", "person": floor.people[ME], "accepted_at": at - timedelta(minutes=20)}
    await floor.change_call(made, **values, ended_at=at, wrapped_up_at=at)


async def test_who_rests_under_a_rule_reads_until_when(floor: Floor) -> None:
    browser = await floor.office.browser(ME)
    await available(browser)
    await had_a_call(floor, timedelta(minutes=4))
    ends = (datetime.now(UTC) + timedelta(minutes=6)).astimezone(ZoneInfo("Europe/Copenhagen"))
    desk = re.sub(r"<[^>]+>", "", await browser.get("/desk"))
    said = re.search(r"Resting under the 10-minute rule until (\d\d:\d\d)", desk)
    assert said is not None
    assert said[1] in (f"{ends:%H:%M}", f"{ends - timedelta(minutes=1):%H:%M}")
    assert f"No calls are offered to you until {said[1]}" in desk
    assert "No offer right now" not in desk


async def test_a_wrap_up_says_when_it_ends(floor: Floor) -> None:
    browser = await floor.office.browser(ME)
    await available(browser)
    made = await in_wrap_up(floor, browser)
    desk = re.sub(r"<[^>]+>", "", await browser.get("/desk"))
    assert re.search(r"Wrapping up until \d\d:\d\d; then calls can be offered to you again", desk)
    assert re.search(r"ended \d\d:\d\d; calls can be offered to you again from \d\d:\d\d, and this is closed", desk)
    long_ago = datetime.now(UTC) - timedelta(minutes=9)
    await floor.change_call(Made("", made), ended_at=long_ago)
    desk = re.sub(r"<[^>]+>", "", await browser.get("/desk"))
    assert "Was it solved?" in desk, "it can still be written"
    assert "Wrapping up" not in desk
