"""Search finds an escalation by whatever names it, over all states, and says where it searched."""

from __future__ import annotations

import html
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from sqlalchemy import text, update

from database.stores.queries.escalation_list import EscalationFilter, counts_by_state
from database.stores.queries.search_terms import SearchedFor, read_terms
from database.tables.escalation import escalation, message
from tests.web.desk_floor import ME, Floor, Made, floor
from tests.web.office import Browser, office
from web.wording.searching import searched_words

__all__ = ["floor", "office"]


@pytest.fixture
async def ops(floor: Floor) -> Browser:
    return await floor.office.browser("Otto Ops")


async def close(floor: Floor, made: Made) -> None:
    async with floor.engine.begin() as conn:
        await conn.execute(update(escalation).where(escalation.c.id == made.escalation_id).values(state="closed"))


async def test_whatever_names_an_escalation_finds_it_in_every_state(floor: Floor, ops: Browser) -> None:
    mine, other = await floor.due_call("Mast creaks", ticket="6001"), await floor.due_call("Sail", ticket="7")
    await floor.offer(mine, ME, state="expired")
    await close(floor, mine)
    async with floor.engine.begin() as conn:
        row = {"id": "0b8f5c1e-3c57-4f6a-9a51-5d4f1f6f7a01", "escalation": mine.escalation_id, "key": "invitation/1"}
        await conn.execute(
            message.insert().values(
                row
                | {"channel": "mail", "kind": "invitation", "recipient": "x", "params": {}}
                | {"created_at": datetime.now(UTC), "next_attempt_at": datetime.now(UTC)}
            )
        )
        await conn.execute(
            update(escalation).where(escalation.c.id == mine.escalation_id).values(rule="Masts and booms")
        )
    for words in (
        "https://harbor.zendesk.com/agent/tickets/6001",
        "zendesk 6001",
        "Zendesk #6001",
        "#6001",
        "6001",
        mine.escalation_id,
        mine.escalation_id.upper(),
        mine.call_id,
        row["id"],
        "miguel",
        "masts and",
    ):
        page = await ops.get(f"/ops?tab=open&q={quote(words)}")
        assert f'href="/ops/{mine.escalation_id}"' in page, words
        assert other.escalation_id not in page, words
        assert "in all states, archived ones too" in page, words
        assert "None match." in await ops.get(f"/ops?state=open&q={quote(words)}"), words
    for words in ("zendesk 7001", "jira 6001", "#7001", "0b8f5c1e-3c57-4f6a-9a51-5d4f1f6f7a02", "50%"):
        assert "None match." in await ops.get(f"/ops?q={quote(words)}"), words


async def test_the_tabs_count_what_the_words_find(floor: Floor, ops: Browser) -> None:
    one, two = await floor.due_call("Mast creaks"), await floor.due_call("Mast broken", ticket="2", state="booked")
    await floor.due_call("Sail", ticket="3")
    await close(floor, one)
    page = await ops.get("/ops?q=mast")
    counted = [part.partition("<")[0] for part in page.split('<span class="count">')[1:]]
    assert counted == ["1", "2", "1", "1"], "open, all, booked, closed"
    async with floor.engine.connect() as conn:
        sought = EscalationFilter(words="mast", states=("booked",))
        assert await counts_by_state(conn, sought) == {"booked": 1, "closed": 1}
    assert two.escalation_id in page


async def test_the_list_shows_when_who_and_what_is_at_risk(floor: Floor, ops: Browser) -> None:
    booked = await floor.due_call("Mast", starts_in=timedelta(hours=3), state="booked")
    now = await floor.due_call("Sail", ticket="2", starts_in=None)
    await floor.offer(now, ME)
    async with floor.engine.begin() as conn:
        await conn.execute(
            text(
                "WITH l AS (INSERT INTO customer_link (escalation, nth, token_hash, state, issued_at, expires_at)"
                " VALUES (:e, 1, 'x', 'used', now(), now() + interval '1 day') RETURNING id),"
                " p AS (INSERT INTO pool (desk, key, definition, description)"
                " VALUES ((SELECT min(id) FROM desk), 'k', '{}', 'k') RETURNING id)"
                " INSERT INTO booking (escalation, link, pool, starts_at, seconds, occupies, booked_at, state)"
                " SELECT :e, l.id, p.id, now(), 1200, tstzrange(now(), now() + interval '1 hour'), now(), 'at_risk'"
                " FROM l, p"
            ),
            {"e": booked.escalation_id},
        )
    page = html.unescape(await ops.get("/ops"))
    assert page.count('<span class="state person">at risk</span>') == 1
    assert f"asked: {ME}" in page
    assert "call now" in page
    risky = await ops.get("/ops?risk=1")
    assert (booked.escalation_id in risky, now.escalation_id in risky) == (True, False)


async def test_the_list_is_filtered_by_team_and_rule(floor: Floor, ops: Browser) -> None:
    one, two = await floor.due_call("Mast"), await floor.due_call("Sail", ticket="2")
    async with floor.engine.begin() as conn:
        await conn.execute(
            text(
                "UPDATE escalation e SET rule = 'R & D', team = t.id FROM team t WHERE t.name = 'Office' AND e.id = :e"
            ),
            {"e": one.escalation_id},
        )
    for query in ("rule=R+%26+D", "team=Office"):
        page = await ops.get(f"/ops?{query}")
        assert (one.escalation_id in page, two.escalation_id in page) == (True, False), query
        assert page.count('<span class="count">1</span>') == 3, "open, all and the one state"
    assert "<option selected>R &amp; D</option>" in await ops.get("/ops?rule=R+%26+D")
    assert "None match." in await ops.get("/ops?team=Nobodies")


def test_the_sentence_says_what_was_sought_and_where() -> None:
    ticket = read_terms("https://harbor.zendesk.com/agent/tickets/6001")
    assert searched_words(ticket, "all", False) == (
        "Searched in all states, archived ones too, for the ticket 6001 of harbor.zendesk.com."
    )
    assert searched_words(read_terms("#6001"), "open", False) == (
        "Searched among open ones only, for tickets with the number 6001."
    )
    words = searched_words(read_terms("mast"), "booked", True)
    assert words.startswith("Searched only in the state “booked”, for “mast” in tickets")
    assert words.endswith("; the other fields narrow it further.")
    assert read_terms("#torn sail").sought is SearchedFor.WORDS
