"""Prepared moves: start times that can be sold if certain witnesses are moved, found by the solver ahead of time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import Range, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.seats.limits import id_of_terms, select_terms_id
from database.stores.seats.load_board import Seats
from database.tables.booking import seat_room
from domain.seats.demand import Demand, Placement, instant
from domain.seats.search import apply_placement

_STAMP = text("""
SELECT count(*), max(found_at) FROM seat_room WHERE pool = :pool AND day BETWEEN :first AND :last
""")


@dataclass(frozen=True)
class PreparedMove:
    """A witness for a start time, and the moves needed to free them."""

    placement: Placement
    found_at: datetime


async def read_prepared_moves(
    conn: AsyncConnection, pool: int, sample: Demand, first: date, last: date
) -> dict[datetime, PreparedMove]:
    """The prepared moves on these days for this pool and the sample's limits and length, keyed by start time."""
    length = timedelta(seconds=sample.end - sample.begin)
    query = select(seat_room).where(
        seat_room.c.pool == pool,
        seat_room.c.day.between(first, last),
        seat_room.c.terms.in_(select_terms_id(sample.terms)),
        func.upper(seat_room.c.occupies) - func.lower(seat_room.c.occupies) == length,
    )
    prepare = timedelta(seconds=sample.terms.prepare)
    return {
        row.occupies.lower + prepare: PreparedMove(
            Placement(row.person, tuple((booking, person) for booking, person in row.moves)), row.found_at
        )
        for row in await conn.execute(query)
    }


async def cached_prepared_moves(
    conn: AsyncConnection, seats: Seats, sample: Demand, first: date, last: date
) -> Mapping[datetime, PreparedMove]:
    """The same, but cached together with the board, and read again only if moves have been stored or deleted since."""
    key = ("prepared", sample.pool, sample.terms, sample.end - sample.begin, first, last)
    days = {"pool": sample.pool, "first": first, "last": last}
    stamp = tuple((await conn.execute(_STAMP, days)).one())
    cached: tuple[tuple[Any, ...], dict[datetime, PreparedMove]] | None = seats.answers.get(key)
    if cached is None or cached[0] != stamp:
        prepared = await read_prepared_moves(conn, sample.pool, sample, first, last) if stamp[0] else {}
        cached = seats.answers[key] = (stamp, prepared)
    return cached[1]


def move_still_fits(seats: Seats, demand: Demand, move: PreparedMove) -> bool:
    """Whether this move would still open a seat for the demand on the current board. The board isn't changed."""
    search = apply_placement(seats.board, demand, move.placement)
    if search is None:
        return False
    search.undo()
    return True


async def store_prepared_moves(conn: AsyncConnection, found: Sequence[tuple[Demand, Placement]], now: datetime) -> None:
    """Store these moves, replacing older ones for the same start times."""
    for demand, placement in found:
        row = {
            "pool": demand.pool,
            "terms": await id_of_terms(conn, demand.terms),
            "occupies": Range(instant(demand.begin), instant(demand.end)),
            "day": date.fromordinal(demand.day),
            "person": placement.person,
            "moves": [list(move) for move in placement.moves],
            "found_at": now,
        }
        statement = insert(seat_room).values(row)
        newer = {name: statement.excluded[name] for name in ("person", "moves", "found_at")}
        await conn.execute(statement.on_conflict_do_update(index_elements=["pool", "terms", "occupies"], set_=newer))


async def delete_prepared_moves(conn: AsyncConnection, before: date) -> None:
    await conn.execute(delete(seat_room).where(seat_room.c.day < before))
