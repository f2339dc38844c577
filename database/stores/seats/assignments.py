"""Seats as rows: the queue for a day, the booking, and the witnesses that change with it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import bindparam, delete, insert, text, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.seats.limits import terms_number
from database.stores.seats.load_board import Seats, next_version
from database.tables.booking import witness
from domain.seats.day_slots import places_of
from domain.seats.demand import Demand, instant

_MOVE = update(witness).where(witness.c.booking == bindparam("number"))


async def queue(conn: AsyncConnection, desk_id: int, days: Iterable[date]) -> None:
    """One seller at a time a desk and day; the constraints are the guard, this is the queue."""
    for day in sorted(set(days)):
        lock_day = text("SELECT pg_advisory_xact_lock(:desk, :day)")
        await conn.execute(lock_day, {"desk": desk_id, "day": day.toordinal()})


@dataclass(frozen=True)
class WitnessChange:
    """A witness to be written: whose it is, and which place of their day it takes."""

    asked: Demand
    person: int
    nth: int
    stood: bool
    """Whether the booking had a witness before."""
    limits: int | None
    """The number of its limits, where it is known."""


def changes_of(seats: Seats, touched: Collection[int]) -> list[WitnessChange]:
    """What must be written so that the rows say of these bookings what the board says."""
    board, numbers = seats.board, {limits: number for number, limits in seats.terms.items()}
    return [
        WitnessChange(
            board.assignments[one][0],
            board.members[board.assignments[one][1]].person,
            nth,
            one in seats.nth,
            numbers.get(board.assignments[one][0].terms),
        )
        for one, nth in sorted(places_of(board, touched, seats.nth).items())
    ]


async def write_witnesses(conn: AsyncConnection, desk_id: int, changes: Sequence[WitnessChange]) -> None:
    """Write these witnesses under new versions of their days.

    The days are locked, and so is every escalation whose timeline this transaction writes.
    """
    versions = {
        day: await next_version(conn, desk_id, date.fromordinal(day))
        for day in sorted({change.asked.day for change in changes})
    }
    await move_witnesses(conn, [change for change in changes if change.stood], versions)
    if made := await _rows(conn, [change for change in changes if not change.stood], versions):
        await conn.execute(insert(witness), made)


async def move_witnesses(conn: AsyncConnection, changes: Sequence[WitnessChange], versions: Mapping[int, int]) -> None:
    """Write these in place of what stands for their bookings; ``versions`` are those of their days, by ordinal.

    A witness that is gone by now was given back by its customer meanwhile: it is not made anew.
    """
    if moved := await _rows(conn, changes, versions):
        await conn.execute(_MOVE, [row | {"number": row["booking"]} for row in moved])


async def _rows(
    conn: AsyncConnection, changes: Sequence[WitnessChange], versions: Mapping[int, int]
) -> list[dict[str, Any]]:
    numbers = {change.asked.terms: change.limits for change in changes}
    for limits, number in numbers.items():
        numbers[limits] = await terms_number(conn, limits) if number is None else number
    return [
        {
            "booking": asked.booking,
            "pool": asked.pool,
            "person": change.person,
            "during": Range(instant(asked.begin), instant(asked.end)),
            "day": date.fromordinal(asked.day),
            "nth": change.nth,
            "version": versions[asked.day],
            "terms": numbers[asked.terms],
            "pinned": asked.pinned,
        }
        for change in changes
        for asked in [change.asked]
    ]


async def drop_witnesses(conn: AsyncConnection, desk_id: int, bookings: Mapping[int, int]) -> None:
    """These bookings, each with the ordinal of its day, have no witness any more."""
    for day in sorted(set(bookings.values())):
        await next_version(conn, desk_id, date.fromordinal(day))
    await conn.execute(delete(witness).where(witness.c.booking.in_(list(bookings))))
