"""Seat boards loaded from rows. ``board_cache`` caches them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.seats.limits import load_terms, read_terms
from database.tables.booking import desk_day
from domain.schedules.schedule import ONE_DAY
from domain.seats.assignments import CallGroup
from domain.seats.board import SeatBoard
from domain.seats.demand import Demand, Member, Terms, merge_touching

MANY = 2000
"""With this many calls or more, a board is built in a thread, so that the event loop stays free for other work."""

_BOARD_VERSION = text("""
SELECT r.version AS roster, pg_current_xact_id_if_assigned() IS NOT NULL AS has_written,
  (SELECT json_object_agg(id, terms) FROM seat_terms) AS terms,
  (SELECT json_object_agg(person, date_part('epoch', until)::bigint) FROM engaged) AS engaged,
  (SELECT json_object_agg(day, version) FROM desk_day WHERE desk = :desk AND day BETWEEN :first AND :last) AS versions
FROM roster r
""")
_PEOPLE = text("""
SELECT p.id, coalesce(p.team, 0) AS team, coalesce(p.title, 0) AS title, p.active, a.pools,
  s.begins, s.ends, s.work_begins, s.work_ends
FROM person p
  LEFT JOIN (SELECT person, array_agg(pool) AS pools FROM pool_agent GROUP BY person) a ON a.person = p.id
  LEFT JOIN (
    SELECT person, array_agg(date_part('epoch', lower(during))::bigint) AS begins,
      array_agg(date_part('epoch', upper(during))::bigint) AS ends,
      array_agg(date_part('epoch', lower(works))::bigint) FILTER (WHERE works <> during) AS work_begins,
      array_agg(date_part('epoch', upper(works))::bigint) FILTER (WHERE works <> during) AS work_ends
    FROM shift WHERE during && tstzrange(:first, :last) GROUP BY person
  ) s ON s.person = p.id
WHERE a.pools IS NOT NULL OR s.begins IS NOT NULL
""").execution_options(binary=True)
_WITNESSES = text("""
SELECT w.booking, w.pool, w.person, w.day, w.nth, w.terms, w.pinned,
  date_part('epoch', lower(w.during))::bigint AS begins, date_part('epoch', upper(w.during))::bigint AS ends
FROM witness w WHERE w.day = ANY(:days)
""")
_WHOLE_DAYS = text("""
SELECT day, pool, terms, pinned, array_agg(booking) AS bookings, array_agg(person) AS people, array_agg(nth) AS nths,
  array_agg(date_part('epoch', lower(during))::bigint) AS begins,
  array_agg(date_part('epoch', upper(during))::bigint) AS ends
FROM witness WHERE day BETWEEN :first AND :last GROUP BY day, pool, terms, pinned
""").execution_options(binary=True)
_VERSIONS = text("SELECT day, version FROM desk_day WHERE desk = :desk AND day BETWEEN :first AND :last")


@dataclass(frozen=True)
class BoardVersion:
    """What is read before the rows, so that anything that changes between the two reads is read again next time."""

    roster: int
    """The version of people, pools and shifts."""
    has_written: bool
    """Whether this transaction has written anything."""
    terms: Mapping[int, Terms]
    engaged: Mapping[str, int]
    versions: dict[date, int]


@dataclass
class Seats:
    """A seat board, and what else was read with its rows."""

    board: SeatBoard
    first: date
    last: date
    """The board has the seats of the days from ``first`` to ``last``, both included."""
    roster: int
    """The version of people, pools and shifts."""
    versions: dict[date, int] = field(default_factory=dict)
    terms: Mapping[int, Terms] = field(default_factory=dict)
    """Keyed by id."""
    answers: dict[Any, Any] = field(default_factory=dict)
    """Results computed on this board, each with the versions for which it is valid."""
    updating: asyncio.Lock = field(default_factory=asyncio.Lock)
    _engaged: Mapping[Any, int] = field(default_factory=dict)
    _nth: dict[int, int] = field(default_factory=dict)
    _columns: list[tuple[Sequence[int], Sequence[int]]] = field(default_factory=list)
    """Bookings and their day slots as read, but not yet in ``_nth``."""

    @property
    def nth(self) -> dict[int, int]:
        """The day slot of each booking."""
        while self._columns:
            self._nth.update(zip(*self._columns.pop(), strict=True))
        return self._nth

    async def apply_rows(self, conn: AsyncConnection, rows: Sequence[Row[Any]], replace: Sequence[date] = ()) -> None:
        """Put these witnesses on the board. They replace the witnesses of the same bookings, and all witnesses on the
        days in ``replace``.

        Nothing is awaited after the first change, so nobody sees a half-updated board.
        """
        if any(row.terms is not None and row.terms not in self.terms for row in rows):
            self.terms = await read_terms(conn)
        for day in replace:
            for booking in list(self.board.assignments.bookings_of(day.toordinal())):
                self._drop(booking)
        # A person who isn't on the board was added after it was loaded. That changed the roster's version too, so the
        # board will be loaded again next time.
        for row in (row for row in rows if row.person in self.board.index_of):
            if row.booking in self.board.assignments:
                self._drop(row.booking)
            terms = Terms() if row.terms is None else self.terms[row.terms]
            demand = Demand(row.booking, row.pool, row.begins, row.ends, row.day.toordinal(), terms, row.pinned)
            self.board.put(demand, self.board.index_of[row.person])
            self.nth[row.booking] = row.nth

    def set_engaged(self, until: Mapping[Any, int]) -> None:
        """Set the time until which each person is in a call or above the occupancy limit."""
        if until != self._engaged:
            self._engaged = until
            self.board.engage({int(person): end for person, end in until.items()})

    def _drop(self, booking: int) -> None:
        self.board.take(booking)
        self.nth.pop(booking, None)

    def covers(self, first: date, last: date) -> bool:
        return self.first <= first and last <= self.last


async def read_board_version(conn: AsyncConnection, desk: int, first: date, last: date) -> BoardVersion:
    row = (await conn.execute(_BOARD_VERSION, {"desk": desk, "first": first, "last": last})).one()
    terms = {int(number): load_terms(stored) for number, stored in (row.terms or {}).items()}
    versions = {date.fromisoformat(day): version for day, version in (row.versions or {}).items()}
    return BoardVersion(row.roster, row.has_written, terms, row.engaged or {}, versions)


async def load_seats(
    conn: AsyncConnection, first: date, last: date, version: BoardVersion | None = None, *, everybody: bool = False
) -> Seats:
    """Load a board for this transaction alone, including what it has written itself.

    ``version`` is the board's version, if already read. With ``everybody``, the board also has people on shift who are
    in no pool.
    """
    if version is None:
        version = await read_board_version(conn, 0, first, last)
    rows = (await conn.execute(_WHOLE_DAYS, {"first": first, "last": last})).all()
    terms = version.terms
    if any(row.terms is not None and row.terms not in terms for row in rows):
        terms = await read_terms(conn)
    around = {
        "first": datetime.combine(first - ONE_DAY, time(0), UTC),
        "last": datetime.combine(last + 2 * ONE_DAY, time(0), UTC),
    }
    people = (await conn.execute(_PEOPLE, around)).all()
    if sum(len(row.bookings) for row in rows) < MANY:
        board = _board(rows, people, terms, everybody)
    else:
        board = await asyncio.to_thread(_board, rows, people, terms, everybody)
    if board is None:
        # Somebody left between two of these statements.
        return await load_seats(conn, first, last, everybody=everybody)
    columns = [(row.bookings, row.nths) for row in rows]
    seats = Seats(board, first, last, version.roster, version.versions, terms, _columns=columns)
    seats.set_engaged(version.engaged)
    return seats


def _board(
    rows: Sequence[Row[Any]], people: Sequence[Row[Any]], terms: Mapping[int, Terms], everybody: bool
) -> SeatBoard | None:
    """Build a board from these people and from the rows of whole days; None if a witness isn't among the people."""
    witnesses = {person for row in rows for person in row.people}
    pools: dict[int, list[int]] = {}
    members = []
    for row in people:
        if everybody or row.pools is not None or row.id in witnesses:
            members.append(_member(row))
            for pool in row.pools or () if row.active else ():
                pools.setdefault(pool, []).append(row.id)
    board = SeatBoard(members, pools)
    if not witnesses <= board.index_of.keys():
        return None
    board.add_many(_group(row, board, terms) for row in rows)
    return board


def _group(row: Row[Any], board: SeatBoard, terms: Mapping[int, Terms]) -> CallGroup:
    own = Terms() if row.terms is None else terms[row.terms]
    indexes = [board.index_of[person] for person in row.people]
    return CallGroup(row.pool, row.day.toordinal(), own, row.pinned, row.bookings, indexes, row.begins, row.ends)


def _member(row: Row[Any]) -> Member:
    shifts = merge_touching(list(zip(row.begins or (), row.ends or (), strict=True)))
    works: tuple[tuple[int, int], ...] = ()
    if row.work_begins:
        # If no whole shift is stored with a shift, the shift itself is the whole one.
        works = merge_touching([*shifts, *zip(row.work_begins, row.work_ends, strict=True)])
    return Member(row.id, row.team, row.title, len(row.pools or ()), shifts, works)


async def read_witnesses(conn: AsyncConnection, days: Sequence[date]) -> Sequence[Row[Any]]:
    """All witnesses on these days."""
    return (await conn.execute(_WITNESSES, {"days": days})).all()


async def read_versions(conn: AsyncConnection, desk: int, first: date, last: date) -> dict[date, int]:
    """The version of each day that has one: how often its seats have changed."""
    rows = await conn.execute(_VERSIONS, {"desk": desk, "first": first, "last": last})
    return {row.day: row.version for row in rows}


async def next_version(conn: AsyncConnection, desk_id: int, day: date) -> int:
    """Increment a day's version; its row stays locked until the transaction ends."""
    statement = insert(desk_day).values(desk=desk_id, day=day, version=1)
    statement = statement.on_conflict_do_update(
        index_elements=["desk", "day"], set_={"version": desk_day.c.version + 1}
    )
    version: int = (await conn.execute(statement.returning(desk_day.c.version))).scalar_one()
    return version


def days_between(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
