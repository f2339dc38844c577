"""Locks days, and writes or deletes witnesses, for a sale or a change."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import bindparam, delete, insert, text, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.seats.limits import id_of_terms
from database.stores.seats.load_board import Seats, next_version
from database.tables.booking import witness
from domain.seats.day_slots import day_slots_of
from domain.seats.demand import Demand, instant

_MOVE = update(witness).where(witness.c.booking == bindparam("number"))


async def lock_days(conn: AsyncConnection, desk_id: int, days: Iterable[date]) -> None:
    """Lock these days for an organisation until the transaction ends, so that only one transaction sells at a time.

    Correctness comes from the database's constraints; this lock only makes transactions wait their turn.
    """
    for day in sorted(set(days)):
        lock_day = text("SELECT pg_advisory_xact_lock(:desk, :day)")
        await conn.execute(lock_day, {"desk": desk_id, "day": day.toordinal()})


@dataclass(frozen=True)
class WitnessChange:
    """A witness to write: which call it is for, who it is, and which day slot it takes."""

    demand: Demand
    person: int
    nth: int
    """Its day slot."""
    existed: bool
    """Whether the booking had a witness before."""
    terms_id: int | None
    """The id of its terms, if known."""


def changes_of(seats: Seats, touched: Collection[int]) -> list[WitnessChange]:
    """The changes to write so that the rows of these bookings match the board."""
    board, terms_ids = seats.board, {terms: number for number, terms in seats.terms.items()}
    return [
        WitnessChange(
            board.assignments[booking][0],
            board.members[board.assignments[booking][1]].person,
            nth,
            booking in seats.nth,
            terms_ids.get(board.assignments[booking][0].terms),
        )
        for booking, nth in sorted(day_slots_of(board, touched, seats.nth).items())
    ]


async def write_witnesses(conn: AsyncConnection, desk_id: int, changes: Sequence[WitnessChange]) -> None:
    """Write these witnesses, and increment the versions of their days.

    The caller holds the locks on these days, and on every escalation whose timeline its transaction writes.
    """
    versions = {
        day: await next_version(conn, desk_id, date.fromordinal(day))
        for day in sorted({change.demand.day for change in changes})
    }
    await move_witnesses(conn, [change for change in changes if change.existed], versions)
    if new := await _rows(conn, [change for change in changes if not change.existed], versions):
        await conn.execute(insert(witness), new)


async def move_witnesses(conn: AsyncConnection, changes: Sequence[WitnessChange], versions: Mapping[int, int]) -> None:
    """Update the witnesses of existing bookings; ``versions`` holds the new versions of their days, keyed by ordinal.

    A witness that no longer exists belonged to a call that has since been cancelled, so it isn't created again.
    """
    if moved := await _rows(conn, changes, versions):
        await conn.execute(_MOVE, [row | {"number": row["booking"]} for row in moved])


async def _rows(
    conn: AsyncConnection, changes: Sequence[WitnessChange], versions: Mapping[int, int]
) -> list[dict[str, Any]]:
    terms_ids = {change.demand.terms: change.terms_id for change in changes}
    for terms, known_id in terms_ids.items():
        terms_ids[terms] = await id_of_terms(conn, terms) if known_id is None else known_id
    return [
        {
            "booking": demand.booking,
            "pool": demand.pool,
            "person": change.person,
            "during": Range(instant(demand.begin), instant(demand.end)),
            "day": date.fromordinal(demand.day),
            "nth": change.nth,
            "version": versions[demand.day],
            "terms": terms_ids[demand.terms],
            "pinned": demand.pinned,
        }
        for change in changes
        for demand in [change.demand]
    ]


async def drop_witnesses(conn: AsyncConnection, desk_id: int, bookings: Mapping[int, int]) -> None:
    """Delete these bookings' witnesses; each value is the ordinal of the booking's day."""
    for day in sorted(set(bookings.values())):
        await next_version(conn, desk_id, date.fromordinal(day))
    await conn.execute(delete(witness).where(witness.c.booking.in_(list(bookings))))
