"""Boards of seats read from rows, and kept in memory between two readings of the same process.

A kept board is brought up to date by versions: one a day, counted up by every sale, and one of the roster,
counted up by triggers. It may only take in what is committed, so a transaction that writes seats reads its own.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.seat_terms import read_terms
from database.tables.booking import desk_day
from domain.seat_board import Board
from domain.seat_terms import Demand, Member, Terms, merge_touching

ONE_DAY = timedelta(days=1)
DAYS_KEPT = timedelta(days=100)
"""The longest time that one board grows to."""
MANY = 1000
"""Calls that are laid out beside the event loop, so that others are served meanwhile."""

_ROSTER = text("SELECT version FROM roster")
_MEMBERS = text("""
SELECT p.id, coalesce(p.team, 0) AS team, coalesce(p.title, 0) AS title, a.pools, s.begins, s.ends,
  s.work_begins, s.work_ends
FROM person p
  JOIN (
    SELECT person, count(DISTINCT pool) AS pools FROM (
      SELECT person, pool FROM pool_agent UNION ALL SELECT person, NULL FROM witness WHERE day = ANY(:days)
    ) who GROUP BY person
  ) a ON a.person = p.id
  LEFT JOIN (
    SELECT person, array_agg(extract(epoch FROM lower(during))::bigint) AS begins,
      array_agg(extract(epoch FROM upper(during))::bigint) AS ends,
      array_agg(extract(epoch FROM lower(coalesce(works, during)))::bigint) AS work_begins,
      array_agg(extract(epoch FROM upper(coalesce(works, during)))::bigint) AS work_ends
    FROM shift WHERE during && tstzrange(:first, :last) GROUP BY person
  ) s ON s.person = p.id
""")
_POOLS = text("""
SELECT a.pool, array_agg(a.person) AS people FROM pool_agent a JOIN person p ON p.id = a.person AND p.active
GROUP BY a.pool
""")
_COLUMNS = """
SELECT w.booking, w.pool, w.person, w.day, w.nth, w.terms, w.pinned, w.version,
  extract(epoch FROM lower(w.during))::bigint AS begins, extract(epoch FROM upper(w.during))::bigint AS ends
FROM witness w
"""
_WITNESSES = text(f"{_COLUMNS} WHERE w.day = ANY(:days)")
_WHOLE_DAYS = text("""
SELECT day, array_agg(booking) AS bookings, array_agg(pool) AS pools, array_agg(person) AS people,
  array_agg(nth) AS nths, array_agg(terms) AS terms, array_agg(pinned) AS pinned,
  array_agg(extract(epoch FROM lower(during))::bigint) AS begins,
  array_agg(extract(epoch FROM upper(during))::bigint) AS ends
FROM witness WHERE day = ANY(:days) GROUP BY day
""")
_CHANGED = text(f"""
{_COLUMNS} JOIN unnest(CAST(:days AS date[]), CAST(:seen AS bigint[])) AS c (day, seen)
  ON w.day = c.day AND w.version > c.seen
""")
_VERSIONS = text("SELECT day, version FROM desk_day WHERE desk = :desk AND day BETWEEN :first AND :last")
_STANDS = text("""
SELECT NULL::date AS day, version, pg_current_xact_id_if_assigned() IS NOT NULL AS has_written FROM roster
UNION ALL SELECT day, version, false FROM desk_day WHERE desk = :desk AND day BETWEEN :first AND :last
""")
_SUMS = text("""
SELECT day, count(*) AS number, sum(booking)::bigint AS total FROM witness WHERE day = ANY(:days) GROUP BY day
""")


@dataclass
class Seats:
    """A board with what the rows know beside it."""

    board: Board
    first: date
    last: date
    """Days whose seats are on it, both included."""
    roster: int
    versions: dict[date, int] = field(default_factory=dict)
    nth: dict[int, int] = field(default_factory=dict)
    """By booking: the place that it takes of its person's day."""
    terms: dict[int, Terms] = field(default_factory=dict)
    """Limits by their number."""
    of_day: dict[date, set[int]] = field(default_factory=dict)
    answers: dict[Any, Any] = field(default_factory=dict)
    """What was found out on it, by whoever asked; each answer with the versions that it holds for."""
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    def forget_day(self, day: date) -> None:
        for booking in list(self.of_day.get(day, ())):
            self._drop(booking, day)

    async def take_in(self, conn: AsyncConnection, rows: Sequence[Row[Any]], whole: Sequence[date] = ()) -> None:
        """Put these witnesses on the board, in place of what it has of the same bookings, or of ``whole`` days.

        Nobody sees a board on which half of it is done: all waiting is before the first change.
        """
        if any(row.terms is not None and row.terms not in self.terms for row in rows):
            self.terms = await read_terms(conn)
        for day in whole:
            self.forget_day(day)
        # Somebody who is not on the board has come since it was read; the roster has changed, so it is read anew next.
        for row in (row for row in rows if row.person in self.board.bit_of):
            if row.booking in self.board.held:
                before = date.fromordinal(self.board.held[row.booking][0].day)
                self._drop(row.booking, before)
            limits = Terms() if row.terms is None else self.terms[row.terms]
            day = row.day.toordinal()
            asked = Demand(row.booking, row.pool, row.begins, row.ends, day, limits, row.pinned)
            self.board.put(asked, self.board.bit_of[row.person])
            self.nth[row.booking] = row.nth
            self.of_day.setdefault(row.day, set()).add(row.booking)

    def _drop(self, booking: int, day: date) -> None:
        self.board.take(booking)
        self.nth.pop(booking, None)
        self.of_day[day].discard(booking)

    def serves(self, roster: int, first: date, last: date) -> bool:
        """Whether it is of these people, and has these days."""
        return self.roster == roster and self.first <= first and last <= self.last

    def agrees(self, day: date, sums: dict[date, tuple[int, int]]) -> bool:
        held = self.of_day.get(day, set())
        return sums.get(day, (0, 0)) == (len(held), sum(held))


async def load_seats(conn: AsyncConnection, first: date, last: date) -> Seats:
    """A board of its own for this transaction, with what the transaction itself has written."""
    roster = (await conn.execute(_ROSTER)).scalar_one()
    days = days_between(first, last)
    around = {
        "days": days,
        "first": datetime.combine(first - ONE_DAY, time(0), UTC),
        "last": datetime.combine(last + 2 * ONE_DAY, time(0), UTC),
    }
    members = [
        Member(
            row.id,
            row.team,
            row.title,
            row.pools,
            merge_touching(list(zip(row.begins or (), row.ends or (), strict=True))),
            merge_touching(list(zip(row.work_begins or (), row.work_ends or (), strict=True))),
        )
        for row in await conn.execute(_MEMBERS, around)
    ]
    pools = {row.pool: row.people for row in await conn.execute(_POOLS)}
    seats = Seats(Board(members, pools), first, last, roster)
    rows = (await conn.execute(_WHOLE_DAYS, {"days": days})).all()
    if any(person not in seats.board.bit_of for row in rows for person in row.people):
        # They came between two of these statements.
        return await load_seats(conn, first, last)
    seats.terms = await read_terms(conn)
    if sum(len(row.bookings) for row in rows) < MANY:
        _lay(seats, rows)
    else:
        await asyncio.to_thread(_lay, seats, rows)
    return seats


def _lay(seats: Seats, rows: Sequence[Row[Any]]) -> None:
    """Put whole days on a board that nobody else has yet."""
    limits: dict[int | None, Terms] = {None: Terms()}
    for number, terms in seats.terms.items():
        limits[number] = terms
    standing = []
    for row in rows:
        day = row.day.toordinal()
        seats.of_day[row.day] = set(row.bookings)
        seats.nth.update(zip(row.bookings, row.nths, strict=True))
        columns = (row.bookings, row.pools, row.begins, row.ends, row.terms, row.pinned, row.people)
        for one, pool, begin, end, number, pinned, person in zip(*columns, strict=True):
            standing.append((Demand(one, pool, begin, end, day, limits[number], pinned), person))
    seats.board.lay(standing)


class SeatBoards:
    """The boards of one process, one a desk."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, int], Seats] = {}
        self._loading: dict[tuple[str, int], asyncio.Lock] = defaultdict(asyncio.Lock)

    async def current(
        self,
        conn: AsyncConnection,
        desk: int,
        first: date,
        last: date,
        *,
        exact: Collection[date] = (),
        seats_unwritten: bool = False,
    ) -> Seats:
        """The board of these days and the days beside them, as the caller's transaction sees it now.

        ``exact`` are days whose lock is held and which are counted besides. A transaction that has written
        anything has a board of its own, unless it says that no seat, shift or pool was among it.
        """
        first, last = first - ONE_DAY, last + ONE_DAY
        key = (conn.engine.url.render_as_string(), desk)
        kept = self._kept.get(key)
        first, last = _reach(kept, first, last)
        roster, versions, has_written = await _stands(conn, desk, first, last)
        if has_written and not seats_unwritten:
            return await load_seats(conn, first, last)
        if kept is None or not kept.serves(roster, first, last):
            # Whoever comes while it is read waits, and has the same one.
            async with self._loading[key]:
                kept = self._kept.get(key)
                first, last = _reach(kept, first, last)
                roster, versions, _ = await _stands(conn, desk, first, last)
                if kept is None or not kept.serves(roster, first, last):
                    kept = await load_seats(conn, first, last)
                    kept.versions = versions
                    self._kept[key] = kept
        async with kept.reading:
            await _catch_up(conn, kept, versions, exact)
        return kept

    def forget(self, conn: AsyncConnection, desk: int) -> None:
        """What is kept was refused by the database: read anew."""
        self._kept.pop((conn.engine.url.render_as_string(), desk), None)


BOARDS = SeatBoards()
"""Of this process. A database and a desk have one board, whoever asks."""


def _reach(kept: Seats | None, first: date, last: date) -> tuple[date, date]:
    """These days and those that are kept, unless that were too many."""
    if kept is None or max(last, kept.last) - min(first, kept.first) > DAYS_KEPT:
        return first, last
    return min(first, kept.first), max(last, kept.last)


async def read_versions(conn: AsyncConnection, desk: int, first: date, last: date) -> dict[date, int]:
    """How often the seats of each day have changed."""
    rows = await conn.execute(_VERSIONS, {"desk": desk, "first": first, "last": last})
    return {row.day: row.version for row in rows}


async def _stands(conn: AsyncConnection, desk: int, first: date, last: date) -> tuple[int, dict[date, int], bool]:
    """The versions of the roster and of these days, and whether this transaction has written anything."""
    rows = (await conn.execute(_STANDS, {"desk": desk, "first": first, "last": last})).all()
    roster = next(row for row in rows if row.day is None)
    return roster.version, {row.day: row.version for row in rows if row.day is not None}, roster.has_written


async def _catch_up(conn: AsyncConnection, kept: Seats, versions: dict[date, int], exact: Collection[date]) -> None:
    changed = [day for day, version in versions.items() if kept.versions.get(day, 0) < version]
    looked_at = sorted({*changed, *exact})
    if not looked_at:
        return
    if changed:
        seen = [kept.versions.get(day, 0) for day in changed]
        await kept.take_in(conn, (await conn.execute(_CHANGED, {"days": changed, "seen": seen})).all())
        kept.versions.update({day: versions[day] for day in changed})
    counted = (await conn.execute(_SUMS, {"days": looked_at})).all()
    sums = {row.day: (row.number, row.total) for row in counted}
    if wrong := [day for day in looked_at if not kept.agrees(day, sums)]:
        whole = (await conn.execute(_WITNESSES, {"days": wrong})).all()
        await kept.take_in(conn, whole, wrong)
        kept.answers.clear()


async def next_version(conn: AsyncConnection, desk_id: int, day: date) -> int:
    """Count up the version of a day; it stays locked until the transaction ends."""
    statement = insert(desk_day).values(desk=desk_id, day=day, version=1)
    statement = statement.on_conflict_do_update(
        index_elements=["desk", "day"], set_={"version": desk_day.c.version + 1}
    )
    version: int = (await conn.execute(statement.returning(desk_day.c.version))).scalar_one()
    return version


def days_between(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
