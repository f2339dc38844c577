"""What programs, calendars and spreadsheets fetch delays nobody, however much there is to tell."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, text

from database.clock import current_time
from database.stores.staff.ics_feed import make_own_calendar, own_calendar_address
from database.tables.directory import shift
from tests.web.office import Office, office, ticket
from tests.web.strangers.requests import Held, ask, signed_form
from tests.web.strangers.test_large_pages import GROW, PEOPLE
from tests.web.strangers.test_loop_held import judge

__all__ = ["office"]

CASES, EVENTS, OFFERS = 400, 3_000, 1_000
SHIFTS = "from=2030-01-01T00:00:00Z&until=2030-03-04T00:00:00Z"
_SHIFTS = text("""
INSERT INTO shift (person, during)
SELECT id, tstzrange(moment, moment + interval '1 hour')
FROM (SELECT id FROM person WHERE active AND team IS NOT NULL ORDER BY id LIMIT 100) one,
  generate_series(:since ::timestamptz, :since ::timestamptz + interval '62 days', interval '6 hours') moment
""")
_CASES = text("""
INSERT INTO escalation (id, desk, ticket_system, ticket_id, ticket_url, subject, facts, customer, mode, state, plan,
  ruleset, rule, pool, team, opened_by, seq, opened_at, updated_at, directory, conversation)
SELECT gen_random_uuid(), desk, ticket_system, n::text, '', repeat('Engine stops ', 38), facts, customer, mode,
  'mustering', plan, ruleset, rule, pool, team, opened_by, 1, opened_at, updated_at, directory,
  jsonb_build_array(jsonb_build_object('author', 'Mira', 'at', NULL, 'text', repeat('It stops. ', 2000)))
FROM escalation, generate_series(1, :cases) n
""")
_CALLS = text("""
INSERT INTO call (id, escalation, nth, state, starts_at, muster_at, person, team, title, accepted_at, ended_at)
SELECT gen_random_uuid(), e.id, nth, CASE WHEN nth = 1 THEN 'waiting' ELSE 'done' END, now(), now(),
  CASE WHEN nth > 1 THEN p.id END, CASE WHEN nth > 1 THEN p.team END, CASE WHEN nth > 1 THEN p.title END,
  CASE WHEN nth > 1 THEN now() END, CASE WHEN nth > 1 THEN now() END
FROM escalation e, (SELECT id, team, title FROM person WHERE name = 'Miguel Torres') p, generate_series(1, 3) nth
""")
_EVENTS = text("""
INSERT INTO escalation_event (escalation, seq, kind, body, actor, at)
SELECT :one, n + 10, 'offered', jsonb_build_object('person', 1, 'why', repeat('x', 200)), 'muster', now()
FROM generate_series(1, :number) n
""")
_OFFERS = text("""
WITH made AS (INSERT INTO round (at, calls, offers, took_ms) VALUES (now(), 1, 1, 1) RETURNING id)
INSERT INTO offer (call, nth, person, round, state, why, made_at, expires_at, answered_at)
SELECT (SELECT id FROM call WHERE escalation = :one AND nth = 1), n, (SELECT max(id) FROM person),
  (SELECT id FROM made), 'declined',
  jsonb_build_object('pool', 'the team', 'values', jsonb_build_array('0 calls today')), now(), now(), now()
FROM generate_series(1, :number) n
""")


async def grow(office: Office, one: str) -> str:
    """A large organisation on shift, with many open escalations, one of which has a very long story; returns the
    address of somebody's calendar.
    """
    miguel, tokens = office.people["Miguel Torres"], office.app.state.tokens
    async with office.engine.begin() as conn:
        await conn.execute(GROW, {"people": PEOPLE})
        await conn.execute(delete(shift))
        for since in ("2030-01-01 00:00Z", "now"):
            await conn.execute(_SHIFTS, {"since": since})
        await conn.execute(_CASES, {"cases": CASES})
        await conn.execute(_CALLS)
        await conn.execute(_EVENTS, {"one": one, "number": EVENTS})
        await conn.execute(_OFFERS, {"one": one, "number": OFFERS})
        await make_own_calendar(conn, miguel, tokens, current_time())
        address = await own_calendar_address(conn, miguel, tokens)
    return f"/calendar/{address}.ics"


async def test_the_largest_answers_delay_nobody(office: Office) -> None:
    async with office.program() as program:
        one = (await program.post("/api/v1/escalations", json=ticket())).json()["id"]
    calendar = await grow(office, one)
    token = {"authorization": f"Bearer {office.api_token}"}
    found: dict[str, Held] = {}
    for address in (
        calendar,
        f"/api/v1/shifts?{SHIFTS}",
        "/api/v1/escalations?limit=200",
        f"/api/v1/escalations/{one}",
        f"/api/v1/escalations/{one}/slots",
        "/api/v1/export",
    ):
        found[address] = await ask(office.app, "GET", address, token | {"accept-encoding": "gzip"})
    headers, _ = await signed_form(office, await office.browser("Marta Manager"), "/sessions")
    for address in ("/desk", "/board", "/board/parts", "/ops", f"/ops/{one}", "/outcomes", "/outcomes.csv", "/shifts"):
        found[address] = await ask(office.app, "GET", address, headers | {"accept-encoding": "gzip"})
    for address, held in found.items():
        assert held.status == 200, (address, held.body)
    for address, held in found.items():
        judge(held, address)


@pytest.mark.soak
async def test_the_largest_simulation_delays_nobody(office: Office) -> None:
    async with office.program() as program:
        one = (await program.post("/api/v1/escalations", json=ticket())).json()["id"]
    await grow(office, one)
    headers, _ = await signed_form(office, await office.browser("Marta Manager"), "/sessions")
    for which in ("escalations=600&title=Advisor&change=20", "past=4"):
        held = await ask(office.app, "GET", f"/outcomes/what-if?play=true&{which}", headers)
        assert held.status in (200, 422), "422 if it takes longer than a page may"
        judge(held, f"a simulation with {which}")
