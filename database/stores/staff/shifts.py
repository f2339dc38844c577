"""Shifts: people's schedules stored as spans of time, as far ahead as slots are sold."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.directory.schedules import read_schedules
from database.stores.seats.change_impact import ReassignResult, affected_days
from database.stores.seats.reassign import lock_desk_days, lock_escalations, reassign
from database.tables.booking import witness
from database.tables.directory import person, shift
from domain.booking import Span
from domain.schedules.schedule import available_spans, covering, whole_shifts, within, without

DAYS_BACK, DAYS_AHEAD = 2, 45
AT_ONCE = 100
"""How many people's shifts the auditor updates in one transaction."""

Rows = Mapping[int, list[Span]]
"""Spans by person, merged and sorted."""


def shift_days(now: datetime) -> tuple[date, date]:
    """The first and last day for which shifts are written."""
    return (now - timedelta(days=DAYS_BACK)).date(), (now + timedelta(days=DAYS_AHEAD)).date()


async def everybody(conn: AsyncConnection) -> list[int]:
    """Ids of all people who may have shifts, sorted."""
    query = select(person.c.id).where(person.c.active | person.c.id.in_(select(shift.c.person)))
    return list((await conn.execute(query.order_by(person.c.id))).scalars())


async def update_all_shifts(conn: AsyncConnection, now: datetime) -> int:
    """Update everybody's shifts in one transaction; returns how many sold seats nobody can serve any more."""
    return len((await update_shifts(conn, await everybody(conn), now)).at_risk)


async def update_shifts(conn: AsyncConnection, people: Collection[int], now: datetime) -> ReassignResult:
    """Write these people's shifts from two days ago to ``DAYS_AHEAD`` days ahead, changing only what differs.

    Seats that a person can no longer serve, because they lose those hours, are given to others. The caller must not
    have locked any escalation or day, except through ``lock_days_of``. If nobody loses any hours, no sale has to wait.
    """
    change = await _lock_and_compare(conn, people, now)
    if change.new != change.stored:
        await _write(conn, change.stored, change.new, await _past_with_seats(conn, people, now))
    await _write_whole(conn, people, change.whole)
    if not change.lost:
        return ReassignResult(0, ())
    bookings = (await conn.execute(_WITHOUT_SHIFT, {"people": list(change.lost)})).scalars().all()
    return await reassign(conn, bookings, now)


async def lock_days_of(conn: AsyncConnection, who: int, now: datetime) -> None:
    """Lock all days on which this person has upcoming shifts or a sold seat, so that nothing is sold on them.

    The locks last until the transaction ends. A transaction that may take away all of a person's hours calls this
    before its first change. Also locks the escalations of their bookings.
    """
    days: set[tuple[int, date]] = set()
    while True:
        savepoint = await conn.begin_nested()
        await lock_desk_days(conn, days)
        await conn.execute(select(person.c.id).where(person.c.id == who).with_for_update(key_share=True))
        stored = (await _stored(conn, [who])).get(who, [])
        affected = await affected_days(conn, {who: within(stored, _ahead(now))})
        if affected <= days:
            break
        await savepoint.rollback()
        days |= affected
    await savepoint.commit()
    bookings = select(witness.c.booking).where(witness.c.person == who)
    await lock_escalations(conn, (await conn.execute(bookings)).scalars())


@dataclass(frozen=True)
class _Change:
    stored: Rows
    new: Rows
    lost: Rows
    """Future hours that are stored but missing from ``new``, for the people who lose any."""
    whole: Rows
    """The whole shifts that the spans in ``new`` belong to."""


async def _lock_and_compare(conn: AsyncConnection, people: Collection[int], now: datetime) -> _Change:
    """Lock the people and every affected day, and return what differs.

    All transactions lock days before people, and all days together. But the affected days are known only once the
    people are locked; so if a day was missed, this releases the people and locks everything again in order.
    """
    days: set[tuple[int, date]] = set()
    while True:
        savepoint = await conn.begin_nested()
        await lock_desk_days(conn, days)
        change = await _compare(conn, people, now)
        affected = await affected_days(conn, change.lost)
        if affected <= days:
            await savepoint.commit()
            return change
        await savepoint.rollback()
        days |= affected


async def _compare(conn: AsyncConnection, people: Collection[int], now: datetime) -> _Change:
    # Of two concurrent changes to one schedule, the second waits here and then reads what the first wrote.
    locked = select(person.c.id, person.c.active, person.c.team).where(person.c.id.in_(people)).order_by(person.c.id)
    rows = (await conn.execute(locked.with_for_update(key_share=True))).all()
    first, last = shift_days(now)
    working = [row.id for row in rows if row.active and row.team is not None]
    schedules = await read_schedules(conn, working, first, last)
    new = {who: available_spans(schedules[who], first, last) for who in working}
    whole = {who: whole_shifts(schedules[who], first, last) for who in working}
    stored = await _stored(conn, people)
    lost = {who: without(within(spans, _ahead(now)), new.get(who, [])) for who, spans in stored.items()}
    return _Change(stored, new, {who: spans for who, spans in lost.items() if spans}, whole)


def _ahead(now: datetime) -> Span:
    return now, now + timedelta(days=DAYS_AHEAD + 3)


async def _stored(conn: AsyncConnection, people: Collection[int]) -> Rows:
    spans: dict[int, list[Span]] = {}
    query = select(shift).where(shift.c.person.in_(people)).order_by(shift.c.person, shift.c.during)
    for row in await conn.execute(query):
        spans.setdefault(row.person, []).append((row.during.lower, row.during.upper))
    return spans


# A single statement for each change: every statement on shifts increments the version by which seat boards notice
# changes.
_DELETE = text("""
DELETE FROM shift s
USING unnest(CAST(:people AS int[]), CAST(:begins AS timestamptz[]), CAST(:ends AS timestamptz[])) g (who, start, stop)
WHERE s.person = g.who AND s.during = tstzrange(g.start, g.stop)
""")
_INSERT = text("""
INSERT INTO shift (person, during)
SELECT who, tstzrange(start, stop)
FROM unnest(CAST(:people AS int[]), CAST(:begins AS timestamptz[]), CAST(:ends AS timestamptz[])) n (who, start, stop)
""")
_PIECES = text("SELECT person, during, works FROM shift WHERE person = ANY(:people)")
_PIECE_OF = text("""
UPDATE shift s SET works = CASE WHEN g.works_from IS NOT NULL THEN tstzrange(g.works_from, g.works_until) END
FROM unnest(CAST(:people AS int[]), CAST(:begins AS timestamptz[]), CAST(:ends AS timestamptz[]),
  CAST(:works_from AS timestamptz[]), CAST(:works_until AS timestamptz[])) g (who, start, stop, works_from, works_until)
WHERE s.person = g.who AND s.during = tstzrange(g.start, g.stop)
""")
_WITHOUT_SHIFT = text("""
SELECT w.booking FROM witness w
WHERE w.person = ANY(:people)
  AND NOT EXISTS (SELECT 1 FROM shift s WHERE s.person = w.person AND s.during @> w.during)
ORDER BY w.booking
""")


_PAST_WITH_SEATS = text("""
SELECT DISTINCT s.person, s.during FROM shift s JOIN witness w ON w.person = s.person AND w.during && s.during
WHERE s.person = ANY(:people) AND upper(s.during) <= :now
""")


async def _past_with_seats(conn: AsyncConnection, people: Collection[int], now: datetime) -> set[tuple[int, Span]]:
    """Past shifts with a seat whose escalation hasn't released it yet; they must stay."""
    rows = await conn.execute(_PAST_WITH_SEATS, {"people": list(people), "now": now})
    return {(row.person, (row.during.lower, row.during.upper)) for row in rows}


async def _write(conn: AsyncConnection, stored: Rows, new: Rows, untouchable: set[tuple[int, Span]]) -> None:
    before = {(who, *span) for who, spans in stored.items() for span in spans if (who, span) not in untouchable}
    staying = {who: [span for other, span in sorted(untouchable) if other == who] for who, _ in untouchable}
    # Cut out the spans that stay, so that they are neither written again nor overlapped.
    after = {(who, *span) for who, spans in new.items() for span in without(spans, staying.get(who, []))}
    for statement, rows in ((_DELETE, before - after), (_INSERT, after - before)):
        if rows:
            who, begins, ends = zip(*sorted(rows), strict=True)
            await conn.execute(statement, {"people": list(who), "begins": list(begins), "ends": list(ends)})


async def _write_whole(conn: AsyncConnection, people: Collection[int], whole: Rows) -> None:
    """Store with each shift the whole shift that it is part of, if the two differ."""
    changed = []
    for row in await conn.execute(_PIECES, {"people": list(people)}):
        piece = (row.during.lower, row.during.upper)
        around = covering(whole.get(row.person, ()), piece[0])
        if around is None or piece[1] > around[1]:
            # A past shift, which stays unchanged.
            continue
        stored = None if row.works is None else (row.works.lower, row.works.upper)
        works = None if around == piece else around
        if works != stored:
            changed.append((row.person, *piece, *(works or (None, None))))
    if changed:
        columns = zip(*sorted(changed, key=lambda row: row[:2]), strict=True)
        names = ("people", "begins", "ends", "works_from", "works_until")
        await conn.execute(_PIECE_OF, {name: list(column) for name, column in zip(names, columns, strict=True)})


async def shifts_of(conn: AsyncConnection, people: Iterable[int], bounds: Span) -> dict[int, list[Span]]:
    """These people's shifts, clipped to the bounds."""
    spans: dict[int, list[Span]] = {who: [] for who in people}
    query = select(shift).where(shift.c.person.in_(list(spans)), shift.c.during.overlaps(Range(*bounds)))
    for row in await conn.execute(query.order_by(shift.c.person, shift.c.during)):
        spans[row.person].append((max(row.during.lower, bounds[0]), min(row.during.upper, bounds[1])))
    return spans
