"""The board shows what the rows say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.queries.board import read_board
from database.stores.rounds.presence import set_presence
from tests.web.desk_floor import ME, Floor, floor
from tests.web.office import office

__all__ = ["floor", "office"]


async def test_an_empty_board_is_calm(floor: Floor) -> None:
    board = await (await floor.office.browser("Marta Manager")).get("/board")
    assert "Nobody is waiting." in board
    assert "every booked call can be served" in board


async def test_it_shows_who_waits_who_has_an_offer_and_who_is_free(floor: Floor) -> None:
    waiting, offered = await floor.due_call("Engine stops"), await floor.due_call("Mast creaks", ticket="2")
    await floor.offer(offered, "Anna Schmidt")
    await floor.on_shift(ME)
    async with floor.engine.begin() as conn:
        await set_presence(conn, floor.people[ME], "available", "", datetime.now(UTC))
        await conn.execute(text("DELETE FROM shift WHERE person <> :me"), {"me": floor.people[ME]})
    async with floor.engine.connect() as conn:
        board = await read_board(conn, datetime.now(UTC), 6)
    assert [one.escalation for one in board.waiting] == [waiting.escalation_id]
    assert [(one.escalation, one.person_name) for one in board.offered] == [(offered.escalation_id, "Anna Schmidt")]
    assert (board.people.on_shift, board.people.free, board.people.asked) == (1, 1, 1)
    page = await (await floor.office.browser("Marta Manager")).get("/board/parts")
    assert "Anna Schmidt has until" in page
    assert "<strong>1 of those who are free can take it and will be asked</strong>" in page
    assert "<html" not in page


async def test_seats_are_counted_once_over_overlapping_pools(floor: Floor) -> None:
    """A person in two pools, whose time one pool has sold, is free in neither."""
    await floor.on_shift(ME, hours=8)
    begin = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(hours=1)
    made = await floor.due_call()
    async with floor.engine.begin() as conn:
        await conn.execute(text("DELETE FROM shift WHERE person <> :me"), {"me": floor.people[ME]})
        await conn.execute(text("DELETE FROM pool_agent"))
        pools = [await _pool(conn, name, floor.people[ME]) for name in ("one", "two")]
        await conn.execute(
            text(
                "WITH l AS (INSERT INTO customer_link (escalation, nth, token_hash, state, issued_at, expires_at)"
                " VALUES (:e, 1, 'x', 'used', now(), now() + interval '1 day') RETURNING id),"
                " b AS (INSERT INTO booking (escalation, link, pool, starts_at, seconds, occupies, booked_at)"
                " SELECT :e, l.id, :pool, :at, 1200, tstzrange(:at, :to), now() FROM l RETURNING id)"
                " INSERT INTO witness SELECT b.id, :pool, :me, tstzrange(:at, :to), :day, 1, 1 FROM b"
            ),
            {"e": made.escalation_id, "pool": pools[0], "at": begin, "to": begin + timedelta(minutes=20)}
            | {"me": floor.people[ME], "day": begin.date()},
        )
    async with floor.engine.connect() as conn:
        board = await read_board(conn, datetime.now(UTC), 6)
    within = [
        next(one for one in pool.slices if one.at <= begin < one.at + timedelta(minutes=30)) for pool in board.pools
    ]
    assert [(one.there, one.taken, one.free) for one in within] == [(1, 1, 0), (1, 1, 0)]
    assert sorted(one.sold for one in within) == [0, 1]


async def _pool(conn: AsyncConnection, name: str, person: int) -> int:
    row = await conn.execute(
        text(
            "WITH p AS (INSERT INTO pool (desk, key, definition, description)"
            " VALUES ((SELECT min(id) FROM desk), :name, '{}', :name) RETURNING id)"
            " INSERT INTO pool_agent SELECT p.id, :person FROM p RETURNING pool"
        ),
        {"name": name, "person": person},
    )
    found: int = row.scalar_one()
    return found


@pytest.mark.parametrize(("name", "status"), [("Otto Ops", 200), ("Anna Schmidt", 403)])
async def test_only_roles_that_watch_see_it(floor: Floor, name: str, status: int) -> None:
    await (await floor.office.browser(name)).get("/board", status)
