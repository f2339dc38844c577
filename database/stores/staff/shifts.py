"""Schedules laid out as real spans, as far ahead as slots are sold."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.directory.schedules import read_schedules
from database.stores.seats.change_impact import ReassignResult, days_of_loss
from database.stores.seats.reassign import give_to_others, hold_escalations, queue_all
from database.tables.booking import witness
from database.tables.directory import person, shift
from domain.booking import Span
from domain.schedules.schedule import available_spans, covering, whole_times, within, without

DAYS_BACK, DAYS_AHEAD = 2, 45
AT_ONCE = 100
"""People laid out in one transaction by whoever lays out everybody."""

Rows = Mapping[int, list[Span]]
"""Spans by person, merged and in order."""


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


async def lay_out(conn: AsyncConnection, people: Collection[int], now: datetime) -> ReassignResult:
    """Write these people's shifts from two days ago to ``DAYS_AHEAD`` days ahead, changing only what differs.

    Sold seats that rested on time that goes are given to others. The caller has locked no escalation and no day,
    unless by ``hold_all_time``. Where no time goes, nobody who sells waits.
    """
    change = await _held(conn, people, now)
    if change.wanted != change.standing:
        await _write(conn, change.standing, change.wanted, await _past_with_seats(conn, people, now))
    await _write_whole(conn, people, change.whole)
    if not change.gone:
        return ReassignResult(0, ())
    lost = (await conn.execute(_RESTS_ON_NONE, {"people": list(change.gone)})).scalars().all()
    return await give_to_others(conn, lost, now)


async def hold_all_time(conn: AsyncConnection, who: int, now: datetime) -> None:
    """Nobody sells on a day on which this person has time ahead or a sold seat until the transaction ends.

    Taken before the first change, by whoever may take all of it away. Their bookings' escalations are held, too.
    """
    days: set[tuple[int, date]] = set()
    while True:
        savepoint = await conn.begin_nested()
        await queue_all(conn, days)
        await conn.execute(select(person.c.id).where(person.c.id == who).with_for_update(key_share=True))
        standing = (await _standing(conn, [who])).get(who, [])
        touched = await days_of_loss(conn, {who: within(standing, _ahead(now))})
        if touched <= days:
            break
        await savepoint.rollback()
        days |= touched
    await savepoint.commit()
    resting = select(witness.c.booking).where(witness.c.person == who)
    await hold_escalations(conn, (await conn.execute(resting)).scalars())


@dataclass(frozen=True)
class _Change:
    standing: Rows
    wanted: Rows
    gone: Rows
    """By those who lose any: the time ahead that stands and is not wanted."""
    whole: Rows
    """The working times that what is wanted are pieces of."""


async def _held(conn: AsyncConnection, people: Collection[int], now: datetime) -> _Change:
    """What differs, with every day locked that it touches, and the people.

    Days come before people, as everybody takes them, and all at once. Which days they are is known only once
    the people are held; so where any are missing the people are let go, and all is taken in order.
    """
    days: set[tuple[int, date]] = set()
    while True:
        savepoint = await conn.begin_nested()
        await queue_all(conn, days)
        change = await _differing(conn, people, now)
        touched = await days_of_loss(conn, change.gone)
        if touched <= days:
            await savepoint.commit()
            return change
        await savepoint.rollback()
        days |= touched


async def _differing(conn: AsyncConnection, people: Collection[int], now: datetime) -> _Change:
    # Two who change one schedule at once: the second waits here, and then reads what the first wrote.
    locked = select(person.c.id, person.c.active, person.c.team).where(person.c.id.in_(people)).order_by(person.c.id)
    rows = (await conn.execute(locked.with_for_update(key_share=True))).all()
    first, last = laid_out_days(now)
    working = [row.id for row in rows if row.active and row.team is not None]
    schedules = await read_schedules(conn, working, first, last)
    wanted = {who: available_spans(schedules[who], first, last) for who in working}
    whole = {who: whole_times(schedules[who], first, last) for who in working}
    standing = await _standing(conn, people)
    gone = {who: without(within(spans, _ahead(now)), wanted.get(who, [])) for who, spans in standing.items()}
    return _Change(standing, wanted, {who: spans for who, spans in gone.items() if spans}, whole)


def _ahead(now: datetime) -> Span:
    return now, now + timedelta(days=DAYS_AHEAD + 3)


async def _standing(conn: AsyncConnection, people: Collection[int]) -> Rows:
    spans: dict[int, list[Span]] = {}
    query = select(shift).where(shift.c.person.in_(people)).order_by(shift.c.person, shift.c.during)
    for row in await conn.execute(query):
        spans.setdefault(row.person, []).append((row.during.lower, row.during.upper))
    return spans


# One statement each: every statement on shifts counts up the version by which boards of seats see a change.
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
_RESTS_ON_NONE = text("""
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
    """Shifts that are over and under which a seat stands whose escalation has not moved on: not ours to take."""
    rows = await conn.execute(_PAST_WITH_SEATS, {"people": list(people), "now": now})
    return {(row.person, (row.during.lower, row.during.upper)) for row in rows}


async def _write(conn: AsyncConnection, standing: Rows, wanted: Rows, kept: set[tuple[int, Span]]) -> None:
    before = {(who, *span) for who, spans in standing.items() for span in spans if (who, span) not in kept}
    stays = {who: [span for other, span in sorted(kept) if other == who] for who, _ in kept}
    # What stays is not written once more, nor over it what is wanted beside it.
    after = {(who, *span) for who, spans in wanted.items() for span in without(spans, stays.get(who, []))}
    for statement, rows in ((_DELETE, before - after), (_INSERT, after - before)):
        if rows:
            who, begins, ends = zip(*sorted(rows), strict=True)
            await conn.execute(statement, {"people": list(who), "begins": list(begins), "ends": list(ends)})


async def _write_whole(conn: AsyncConnection, people: Collection[int], whole: Rows) -> None:
    """Say beside each shift which working time it is a piece of, where it is not all of it."""
    changed = []
    for row in await conn.execute(_PIECES, {"people": list(people)}):
        piece = (row.during.lower, row.during.upper)
        around = covering(whole.get(row.person, ()), piece[0])
        if around is None or piece[1] > around[1]:
            # One that is over, which stays as it stood.
            continue
        standing = None if row.works is None else (row.works.lower, row.works.upper)
        works = None if around == piece else around
        if works != standing:
            changed.append((row.person, *piece, *(works or (None, None))))
    if changed:
        columns = zip(*sorted(changed, key=lambda one: one[:2]), strict=True)
        names = ("people", "begins", "ends", "works_from", "works_until")
        await conn.execute(_PIECE_OF, {name: list(column) for name, column in zip(names, columns, strict=True)})


async def shifts_of(conn: AsyncConnection, people: Iterable[int], bounds: Span) -> dict[int, list[Span]]:
    """Where calls can be served, as it is laid out, by person; cut to the bounds."""
    spans: dict[int, list[Span]] = {who: [] for who in people}
    query = select(shift).where(shift.c.person.in_(list(spans)), shift.c.during.overlaps(Range(*bounds)))
    for row in await conn.execute(query.order_by(shift.c.person, shift.c.during)):
        spans[row.person].append((max(row.during.lower, bounds[0]), min(row.during.upper, bounds[1])))
    return spans
