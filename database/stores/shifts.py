"""Schedules laid out as real spans, as far ahead as slots are sold."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import bindparam, delete, insert, select, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.rewitnessing import hold_back_sales, rewitness
from database.stores.schedules import read_schedules
from database.tables.booking import witness
from database.tables.directory import person, shift
from domain.booking import Span
from domain.schedule import available_spans

DAYS_BACK, DAYS_AHEAD = 2, 45
AT_ONCE = 100
"""People laid out in one transaction by whoever lays out everybody."""


@dataclass(frozen=True)
class LaidOut:
    """What laying out did to sold seats."""

    moved: int = 0
    """Given to somebody else."""
    at_risk: tuple[int, ...] = ()
    """Bookings that nobody can serve any more."""


def laid_out_days(now: datetime) -> tuple[date, date]:
    """The first and last day on which shifts that are laid out begin."""
    return (now - timedelta(days=DAYS_BACK)).date(), (now + timedelta(days=DAYS_AHEAD)).date()


async def everybody(conn: AsyncConnection) -> list[int]:
    """Those who may have shifts, in the order in which they are laid out."""
    query = select(person.c.id).where(person.c.active | person.c.id.in_(select(shift.c.person)))
    return list((await conn.execute(query.order_by(person.c.id))).scalars())


async def lay_out_shifts(conn: AsyncConnection, now: datetime) -> int:
    """Lay out everybody in one transaction; returns how many sold seats nobody can serve any more."""
    return len((await lay_out(conn, await everybody(conn), now)).at_risk)


async def lay_out(conn: AsyncConnection, people: Collection[int], now: datetime) -> LaidOut:
    """Write these people's shifts from two days ago to ``DAYS_AHEAD`` days ahead, changing only what differs.

    Sold seats that rested on a shift that is gone are given to others.
    """
    await hold_back_sales(conn, people)
    # Two who change one schedule at once: the second waits here, and then reads what the first wrote.
    locked = select(person.c.id, person.c.active, person.c.team).where(person.c.id.in_(people)).order_by(person.c.id)
    rows = (await conn.execute(locked.with_for_update(key_share=True))).all()
    first, last = laid_out_days(now)
    working = [row.id for row in rows if row.active and row.team is not None]
    schedules = await read_schedules(conn, working, first, last)
    wanted = {(who, start, stop) for who in working for start, stop in available_spans(schedules[who], first, last)}
    query = select(shift).where(shift.c.person.in_(people))
    standing = {(row.person, row.during.lower, row.during.upper) for row in await conn.execute(query)}
    await _write(conn, gone=standing - wanted, new=wanted - standing)
    return await _serve_again(conn, people, now)


async def _write(
    conn: AsyncConnection,
    *,
    gone: Iterable[tuple[int, datetime, datetime]],
    new: Iterable[tuple[int, datetime, datetime]],
) -> None:
    if rows := [{"who": who, "span": Range(*span)} for who, *span in gone]:
        await conn.execute(
            delete(shift).where(shift.c.person == bindparam("who"), shift.c.during == bindparam("span")), rows
        )
    if rows := [{"person": who, "during": Range(*span)} for who, *span in sorted(new)]:
        await conn.execute(insert(shift), rows)


_RESTS_ON_NONE = text("""
SELECT w.booking FROM witness w
WHERE w.person = ANY(:people)
  AND NOT EXISTS (SELECT 1 FROM shift s WHERE s.person = w.person AND s.during @> w.during)
ORDER BY w.booking
""")


async def _serve_again(conn: AsyncConnection, people: Collection[int], now: datetime) -> LaidOut:
    lost: Sequence[int] = (await conn.execute(_RESTS_ON_NONE, {"people": list(people)})).scalars().all()
    if not lost:
        return LaidOut()
    await rewitness(conn, lost, now)
    served = set((await conn.execute(select(witness.c.booking).where(witness.c.booking.in_(lost)))).scalars())
    at_risk = tuple(booking for booking in lost if booking not in served)
    return LaidOut(len(served), at_risk)


async def shifts_of(conn: AsyncConnection, people: Iterable[int], bounds: Span) -> dict[int, list[Span]]:
    """Where calls can be served, as it is laid out, by person; cut to the bounds."""
    spans: dict[int, list[Span]] = {who: [] for who in people}
    query = select(shift).where(shift.c.person.in_(list(spans)), shift.c.during.overlaps(Range(*bounds)))
    for row in await conn.execute(query.order_by(shift.c.person, shift.c.during)):
        spans[row.person].append((max(row.during.lower, bounds[0]), min(row.during.upper, bounds[1])))
    return spans
