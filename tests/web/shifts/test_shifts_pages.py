"""The pages of shifts: a team's week, a person's schedule, one's own shifts, and previews of changes."""

from __future__ import annotations

import html
import json
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, insert, select, text, update

from database.stores.rounds.presence import set_presence
from database.stores.staff.seed import seed_directory
from database.stores.staff.shifts import update_all_shifts
from database.tables.booking import booking
from database.tables.directory import person, presence, shift, weekly_shift
from database.tables.escalation import message
from database.tables.schedule import calendar_feed, day_change, kept_free, time_off
from rules_dsl.directory import Directory
from tests.activities.calendars import calendar, event
from tests.web.forms import form_to
from tests.web.office import EXAMPLES, Browser, Office, office

__all__ = ["office"]

ANNA, MANAGER = "Anna Schmidt", "Marta Manager"
HOUR = timedelta(hours=1)


async def count(office: Office, table: object) -> int:
    async with office.engine.connect() as conn:
        found: int = (await conn.execute(select(func.count()).select_from(table))).scalar_one()  # type: ignore[arg-type]
    return found


async def schedule_of(office: Office, name: str = ANNA) -> str:
    return f"/shifts/people/{office.people[name]}"


async def test_a_manager_plans_a_person(office: Office) -> None:
    manager, here = await office.browser(MANAGER), await schedule_of(office)
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    sent: list[dict[str, object]] = [
        {"what": "weekly", "days": ["5", "6"], "start": "22:00", "end": "06:00", "zone": "Asia/Kolkata"},
        {"what": "day", "day": tomorrow, "way": "also", "start": "20:00", "end": "21:00"},
        {"what": "keep", "words": "Engine training", "first": tomorrow, "start": "12:00", "end": "13:00"},
        {"what": "time_off", "kind": "leave", "from_day": tomorrow, "until_day": tomorrow},
        {"what": "holidays", "region": "DE-BY"},
    ]
    for form in sent:
        answer = await manager.post(f"{here}/changes", here, **form)
        assert answer.status_code == 303, html.unescape(answer.text)
    page = html.unescape(await manager.get(here))
    for words in ("Sat, Sun, 22:00–06:00 the next day Kolkata time", "20:00–21:00 Copenhagen time as well"):
        assert words in page
    for words in ("Engine training", "Leave", "<option selected>DE-BY"):
        assert words in page
    async with office.engine.begin() as conn:
        mine = select(weekly_shift.c.id).where(weekly_shift.c.person == office.people[ANNA]).order_by(weekly_shift.c.id)
        before = (await conn.execute(mine)).scalars().all()
        example = json.loads((EXAMPLES / "small_team.directory.json").read_text())
        await seed_directory(conn, Directory.from_json(example), [], datetime.now(UTC))
        assert (await conn.execute(mine)).scalars().all() == before, "seeding leaves these hours alone"


async def test_errors_are_at_their_fields_and_the_form_keeps_its_values(office: Office) -> None:
    manager, here = await office.browser(MANAGER), await schedule_of(office)
    cases: list[tuple[dict[str, object], str]] = [
        ({"what": "weekly", "start": "09:00", "end": "17:00"}, "Choose at least one day"),
        ({"what": "weekly", "days": "0", "start": "nine", "end": "17:00"}, "enter a time of day"),
        ({"what": "weekly", "days": "0", "start": "09:00", "end": "17:00", "zone": "Mars"}, "Choose a time zone"),
        ({"what": "day", "day": "9999-12-31", "way": "off"}, "more than five years"),
        ({"what": "day", "day": "tomorrow", "way": "off"}, "enter a date such as"),
        (
            {"what": "keep", "words": "", "first": "2026-12-01", "start": "09:00", "end": "10:00"},
            "what the time is kept",
        ),
        ({"what": "time_off", "from_day": "2026-12-05", "until_day": "2026-12-01"}, "ends before it begins"),
        (
            {"what": "time_off", "from_day": "2026-12-05", "from_time": "09:00", "until_time": "09:00"},
            "ends as it begins",
        ),
        ({"what": "time_off", "from_day": "2026-12-05", "until_day": "2526-12-01"}, "two years at most"),
        ({"what": "time_off", "from_day": "0001-01-01"}, "five years"),
        ({"what": "holidays", "region": "Atlantis"}, "no country or region"),
        ({"what": "fly"}, "know this form"),
        ({"what": "weekly", "words": "\x00"}, ""),
    ]
    for form, words in cases:
        answer = await manager.post(f"{here}/changes", here, **form)
        assert answer.status_code == 422, form
        assert words in html.unescape(answer.text), form
    typed = await manager.post(f"{here}/changes", here, what="weekly", start="07:15", end="17:00")
    assert 'value="07:15"' in typed.text
    for table in (day_change, time_off, kept_free):
        assert await count(office, table) == 0


async def booked(office: Office, name: str = ANNA, *, alone: bool = True) -> int:
    """A call booked in an hour, tentatively this person's; all others of the pool are off."""
    async with office.engine.begin() as conn:
        now = datetime.now(UTC)
        await conn.execute(text("DELETE FROM weekly_shift"))
        row = {"days": list(range(7)), "start_minute": 0, "end_minute": 1440, "time_zone": "Europe/Copenhagen"}
        people = [office.people[name]] if alone else [office.people[name], office.people["Miguel Torres"]]
        await conn.execute(insert(weekly_shift), [{"person": who} | row for who in people])
        await update_all_shifts(conn, now)
    return await sold_to(office, name)


async def sold_to(office: Office, name: str) -> int:
    start = datetime.now(UTC).replace(microsecond=0) + HOUR
    statements = [
        "INSERT INTO pool (id, desk, key, definition, description) SELECT 77, min(id), 'k', '{}', 'a pool' FROM desk",
        "INSERT INTO pool_agent SELECT 77, id FROM person WHERE team IS NOT NULL",
        "INSERT INTO customer (id, email, name) VALUES (77, 'c@example.com', 'C')",
        """INSERT INTO escalation (id, desk, ticket_system, ticket_id, ticket_url, subject, facts, customer, mode,
             state, plan, ruleset, rule, opened_by, opened_at, updated_at)
           SELECT '00000000-0000-0000-0000-000000000077', min(id), 'z', '77', 'u', 'Engine stops at sea', '{}', 77,
             'booking', 'booked', '{}', 'r', 'otherwise', 't', now(), now() FROM desk""",
        """INSERT INTO customer_link (id, escalation, nth, token_hash, state, issued_at, expires_at)
           VALUES (77, '00000000-0000-0000-0000-000000000077', 1, 'x', 'used', now(), now() + interval '1 day')""",
    ]
    async with office.engine.begin() as conn:
        for statement in statements:
            await conn.execute(text(statement))
        values = {"start": start, "who": office.people[name]}
        await conn.execute(
            text("""INSERT INTO booking (id, escalation, link, pool, starts_at, seconds, occupies, booked_at)
                VALUES (77, '00000000-0000-0000-0000-000000000077', 77, 77, :start, 1200,
                  tstzrange(:start, CAST(:start AS timestamptz) + interval '30 min'), now())"""),
            values,
        )
        await conn.execute(
            text("""INSERT INTO witness (booking, pool, person, during, day, nth, version)
                VALUES (77, 77, :who, tstzrange(:start, CAST(:start AS timestamptz) + interval '30 min'),
                  (CAST(:start AS timestamptz) AT TIME ZONE 'Europe/Copenhagen')::date, 1, 1)"""),
            values,
        )
    return 77


async def state_of(office: Office) -> str:
    async with office.engine.connect() as conn:
        return str((await conn.execute(select(booking.c.state))).scalar_one())


async def confirm(browser: Browser, page: str, drawn_on: str) -> str:
    form = form_to(page, "/changes")
    answer = await browser.client.post(form.action, data=form.fields)
    assert answer.status_code == 303, answer.text
    return html.unescape(await browser.get(str(answer.headers["location"])))


async def test_reporting_sick_takes_two_clicks_and_shows_the_consequences(office: Office) -> None:
    await booked(office)
    async with office.engine.begin() as conn:
        await set_presence(conn, office.people[ANNA], "available", "", datetime.now(UTC))
    agent = await office.browser(ANNA)
    first = await agent.post("/shifts/me/changes", "/shifts/me", what="sick_today")
    page = html.unescape(first.text)
    assert first.status_code == 200
    assert "Nothing has changed yet" in page
    assert "1 booked call" in page
    assert "Engine stops at sea" in page
    assert "Your manager will be notified" in page
    assert await state_of(office) == "sold"
    assert await count(office, time_off) == 0
    done = await confirm(agent, first.text, "/shifts/me")
    assert "nobody left on shift" in done
    assert "Sick" in done
    assert await state_of(office) == "at_risk"
    async with office.engine.connect() as conn:
        kinds = (await conn.execute(select(message.c.kind))).scalars().all()
        at_desk = (await conn.execute(select(presence.c.state))).scalar_one()
    assert "manager_seat_lost" in kinds
    assert at_desk == "offline"


async def test_a_seat_that_others_can_serve_moves_without_a_question(office: Office) -> None:
    await booked(office, alone=False)
    manager, here = await office.browser(MANAGER), await schedule_of(office)
    today = datetime.now(UTC).date()
    days = {"from_day": (today - timedelta(days=1)).isoformat(), "until_day": (today + timedelta(days=2)).isoformat()}
    answer = await manager.post(f"{here}/changes", here, what="time_off", kind="leave", **days)
    assert answer.status_code == 303
    assert "1 booked call has moved to other people" in await manager.get(answer.headers["location"])
    assert await state_of(office) == "sold"


async def test_a_manager_is_shown_who_could_work_instead(office: Office) -> None:
    await booked(office)
    manager, here = await office.browser(MANAGER), await schedule_of(office)
    first = await manager.post(f"{here}/changes", here, what="sick_now")
    page = html.unescape(first.text)
    assert "Could work at that time:" in page
    assert "#days" in page
    await confirm(manager, first.text, here)
    assert await state_of(office) == "at_risk"
    assert await count(office, message) == 0, "who decided it needs no letter about it"


async def test_calls_booked_between_the_two_clicks_are_shown_first(office: Office) -> None:
    await booked(office)
    agent = await office.browser(ANNA)
    first = await agent.post("/shifts/me/changes", "/shifts/me", what="sick_today")
    form = form_to(first.text, "/changes")
    answer = await agent.client.post(form.action, data=form.fields | {"seen": ""})
    assert answer.status_code == 200
    assert "Calls were booked in the meantime" in answer.text
    assert await state_of(office) == "sold"
    many = ",".join(str(number) for number in range(10**6, 10**6 + 60))
    answer = await agent.client.post(form.action, data=form.fields | {"seen": f"{many},{form.fields['seen']}"})
    assert answer.status_code == 303, "however many were shown, each of them was"
    assert await state_of(office) == "at_risk"


async def test_agents_change_only_their_own_time_off(office: Office) -> None:
    agent = await office.browser(ANNA)
    for what in ("weekly", "day", "keep", "holidays", "remove_weekly", "clear_day", "stop_keeping"):
        answer = await agent.post(
            "/shifts/me/changes", "/shifts/me", what=what, id="1", days="0", start="1:00", end="2:00"
        )
        assert answer.status_code == 422
        assert "for your manager" in answer.text
    assert (await agent.client.get(await schedule_of(office, "Miguel Torres"))).status_code == 403
    assert (await agent.client.get("/shifts")).headers["location"] == "/shifts/me"
    other = await office.browser("Miguel Torres")
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    assert (await other.post("/shifts/me/changes", "/shifts/me", what="time_off", from_day=tomorrow)).status_code == 303
    async with office.engine.connect() as conn:
        number = (await conn.execute(select(time_off.c.id))).scalar_one()
    refused = await agent.post("/shifts/me/changes", "/shifts/me", what="remove_time_off", id=str(number))
    assert refused.status_code == 404
    assert "no such entry" in refused.text
    assert await count(office, time_off) == 1, "somebody else's stays"
    manager, anna = await office.browser(MANAGER), await schedule_of(office)
    by_manager = await manager.post(f"{anna}/changes", anna, what="remove_time_off", id=str(number))
    assert by_manager.status_code == 404, "it is not in Anna's schedule"
    for nonsense in ("", "x", "-1", "9" * 40):
        answer = await other.post("/shifts/me/changes", "/shifts/me", what="remove_time_off", id=nonsense)
        assert answer.status_code == 422
    for _ in range(2):
        done = await other.post("/shifts/me/changes", "/shifts/me", what="remove_time_off", id=str(number))
        assert done.status_code == 303, "a second click is no error"
    assert await count(office, time_off) == 0


async def test_the_week_of_a_team_shows_gaps_and_hides_reasons(office: Office) -> None:
    manager = await office.browser(MANAGER)
    page = html.unescape(await manager.get("/shifts"))
    assert ANNA in page
    assert "Copenhagen time" in page
    assert "▲ nobody 0" not in page
    async with office.engine.begin() as conn:
        await conn.execute(text("DELETE FROM weekly_shift WHERE person <> :who"), {"who": office.people[ANNA]})
        span = text("INSERT INTO time_off (person, kind, during, said_by, at) VALUES (:who, 'sick', "
                    "tstzrange(now() - interval '8 days', now() + interval '8 days'), 't', now())")  # fmt: skip
        await conn.execute(span, {"who": office.people[ANNA]})
    page = html.unescape(await manager.get("/shifts"))
    assert "▲ nobody" in page.split("</tbody>")[0]
    assert "sick" not in page.lower()
    assert html.unescape(await manager.get("/shifts?team=all&q=anna")).count('scope="row"') == 1
    for odd in ("?week=nonsense", "?week=9999-12-31", "?zone=Mars", "?team=x&skip=999999", "?team=99999999999999"):
        await manager.get(f"/shifts{odd}")
    india = html.unescape(await manager.get("/shifts?team=all&zone=Asia/Kolkata"))
    assert "Kolkata time" in india


async def test_the_organisations_holidays_are_previewed_and_set(office: Office) -> None:
    manager = await office.browser(MANAGER)
    first = await manager.post("/shifts/holidays", "/shifts", region="DK")
    assert "Nothing has changed yet" in first.text
    form = form_to(first.text, "/holidays")
    assert (await manager.client.post(form.action, data=form.fields)).status_code == 303
    assert "The organisation’s holidays: DK" in await manager.get("/shifts")


async def test_calendars_are_added_and_removed(office: Office) -> None:
    agent = await office.browser(ANNA)
    page = await agent.get("/shifts/me")
    form = next(one for one in [form_to(page, "/calendars")])
    content = calendar(event("DTSTART:20261201T090000Z", "DTEND:20261201T100000Z"))
    answer = await agent.client.post(
        "/shifts/me/calendars", data={**form.fields, "name": "Family"}, files={"file": ("a.ics", content)}
    )
    assert answer.status_code == 303
    wrong = await agent.post("/shifts/me/calendars", "/shifts/me", what="calendar", name="Work", url="ftp://x/y")
    assert wrong.status_code == 422
    assert "Enter the address of a calendar" in wrong.text
    large = await agent.client.post(
        "/shifts/me/calendars", data=form.fields, files={"file": ("a.ics", b"x" * 10_000_001)}
    )
    assert large.status_code == 422
    assert "A file may have at most 10 MB" in large.text
    good = await agent.post(
        "/shifts/me/calendars", "/shifts/me", what="calendar", name="Work", url="https://calendar.example/secret.ics"
    )
    assert good.status_code == 303
    page = html.unescape(await agent.get("/shifts/me"))
    assert "from calendar.example" in page
    assert "secret.ics" not in page, "an address that opens somebody's calendar is not shown again"
    async with office.engine.connect() as conn:
        numbers = (await conn.execute(select(calendar_feed.c.id))).scalars().all()
    for number in numbers:
        await agent.post("/shifts/me/changes", "/shifts/me", what="remove_feed", id=str(number))
    assert await count(office, calendar_feed) == 0


async def test_a_calendar_that_was_never_read_is_shown_to_managers(office: Office) -> None:
    agent, manager = await office.browser(ANNA), await office.browser(MANAGER)
    address = "https://calendar.example/secret.ics"
    await agent.post("/shifts/me/calendars", "/shifts/me", what="calendar", name="Choir", url=address)
    assert "Choir" not in await manager.get("/shifts")
    async with office.engine.begin() as conn:
        await conn.execute(update(calendar_feed).values(failures=1, error="the server answered 404"))
    page = html.unescape(await manager.get("/shifts"))
    for words in ("has never been read", ANNA, "Choir", "the server answered 404"):
        assert words in page
    assert "secret.ics" not in page
    async with office.engine.begin() as conn:
        await conn.execute(update(calendar_feed).values(read_at=datetime.now(UTC)))
    assert "Choir" not in await manager.get("/shifts")


async def test_entries_that_could_not_be_read_are_counted_on_the_page(office: Office) -> None:
    agent = await office.browser(ANNA)
    address = "https://calendar.example/secret.ics"
    await agent.post("/shifts/me/calendars", "/shifts/me", what="calendar", name="Work", url=address)
    assert "could not be read" not in await agent.get("/shifts/me")
    first = datetime(2026, 12, 1, 12, tzinfo=UTC)
    async with office.engine.begin() as conn:
        await conn.execute(
            update(calendar_feed).values(entries=214, unread=2, first_unread=first, read_at=datetime.now(UTC))
        )
    assert "2 of 214 entries could not be read, the first on Tue 1 Dec." in await agent.get("/shifts/me")


async def test_the_ics_feed_opens_by_its_address_until_it_is_turned_off(office: Office) -> None:
    agent = await office.browser(ANNA)
    assert (await agent.post("/shifts/me/calendar", "/shifts/me", what="make")).status_code == 303
    page = html.unescape(await agent.get("/shifts/me"))
    address = page.split("<code>")[1].split("</code>")[0]
    async with office.program("") as program:
        del program.headers["Authorization"]
        answer = await program.get(address)
        assert answer.headers["content-type"].startswith("text/calendar")
        assert "SUMMARY:Shift for calls" in answer.text
        assert "TRANSP:TRANSPARENT" in answer.text
        await agent.post("/shifts/me/calendar", "/shifts/me", what="renew")
        assert (await program.get(address)).status_code == 404
        await agent.post("/shifts/me/calendar", "/shifts/me", what="end")
        assert (await program.get(address)).status_code == 404
    assert "Create an address" in await agent.get("/shifts/me")


async def test_two_thousand_people_page_and_are_found(office: Office) -> None:
    async with office.engine.begin() as conn:
        team = (await conn.execute(select(person.c.team).where(person.c.name == ANNA))).scalar_one()
        many = [{"name": f"Person {n:04}", "email": f"p{n}@x.example", "team": team, "title": 1} for n in range(2000)]
        await conn.execute(insert(person), many)
    manager = await office.browser(MANAGER)
    page = html.unescape(await manager.get(f"/shifts?team={team}"))
    assert "page 1 of 41" in page
    assert "Person 1999" in html.unescape(await manager.get("/shifts?team=all&q=1999"))
    assert await count(office, shift) > 0
