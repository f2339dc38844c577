"""Cached seat boards: one per organisation, in the memory of a process.

A cached board is kept current by versions: one per day, incremented by every sale, and one for the roster, incremented
by triggers. The cache may contain only committed rows, so a transaction that writes seats loads its own board.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import URL, Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.seats.load_board import Seats, days_between, load_seats, read_board_version, read_witnesses
from domain.schedules.schedule import ONE_DAY

MAX_SPAN = timedelta(days=100)
"""The longest span to which a cached board grows."""

_CHANGES = text("""
SELECT r.version AS roster, pg_current_xact_id_if_assigned() IS NOT NULL AS has_written,
  c.day AS board_day, coalesce(d.version, 0) AS day_version, s.number, s.total,
  CASE WHEN c.day = :first THEN (
    SELECT json_object_agg(person, date_part('epoch', until)::bigint) FROM engaged) END AS engaged,
  w.booking, w.pool, w.person, w.day, w.nth, w.terms, w.pinned,
  date_part('epoch', lower(w.during))::bigint AS begins, date_part('epoch', upper(w.during))::bigint AS ends
FROM roster r CROSS JOIN unnest(CAST(:days AS date[]), CAST(:seen AS bigint[]), CAST(:exact AS boolean[]))
    AS c (day, seen, exact)
  LEFT JOIN desk_day d ON d.desk = :desk AND d.day = c.day
  LEFT JOIN LATERAL (
    SELECT count(*) AS number, coalesce(sum(booking), 0)::bigint AS total
    FROM witness x WHERE x.day = c.day AND (c.exact OR d.version > c.seen)
  ) s ON c.exact OR d.version > c.seen
  LEFT JOIN LATERAL (
    SELECT * FROM witness x WHERE x.day = c.day AND x.version > c.seen OFFSET 0
  ) w ON true
""")
"""What has changed on each day since version ``seen``, from one snapshot; one row per changed witness.

An unchanged day that isn't ``exact`` costs a single index lookup. That is what the inner conditions and OFFSET 0 are
for; without them, every witness on every day would be read.
"""


@dataclass(frozen=True)
class DayVersion:
    """The parts of a day's state in the database against which a cached board is checked."""

    day: date
    roster: int
    versions: Mapping[date, int]
    """The versions of the day and the adjacent days."""
    engaged: Mapping[str, int]
    checksum: tuple[int, int]
    """How many witnesses the day has, and the sum of their booking ids."""


class SeatBoards:
    """The seat boards of one process, one per organisation."""

    def __init__(self) -> None:
        self._boards: dict[tuple[URL, int], Seats] = {}
        self._loading: dict[tuple[URL, int], asyncio.Lock] = defaultdict(asyncio.Lock)

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
        """The board for these days and the adjacent ones, as the caller's transaction sees them now.

        The caller holds the locks on the days in ``exact``, whose witnesses are also compared by checksum. A
        transaction that has written anything gets its own board, unless ``seats_unwritten`` says that it has written no
        seat, shift or pool.
        """
        first, last = first - ONE_DAY, last + ONE_DAY
        key = (conn.engine.url, desk)
        cached = self._boards.get(key)
        if cached is not None and cached.covers(first, last):
            async with cached.updating:
                changes = await _read_changes(conn, desk, cached, days_between(first, last), exact)
                if changes[0].roster == cached.roster and (seats_unwritten or not changes[0].has_written):
                    await _apply_changes(conn, cached, changes)
                    return cached
        # Callers that arrive while the board is being loaded wait for it, and share it.
        async with self._loading[key]:
            if self._boards.get(key) is cached:
                wide_first, wide_last = _span(cached, first, last)
                version = await read_board_version(conn, desk, wide_first, wide_last)
                if version.has_written and not seats_unwritten:
                    return await load_seats(conn, first, last, version)
                cached = self._boards[key] = await load_seats(conn, wide_first, wide_last, version)
                return cached
        return await self.current(
            conn, desk, first + ONE_DAY, last - ONE_DAY, exact=exact, seats_unwritten=seats_unwritten
        )

    def cached(self, database: URL, desk: int) -> Seats | None:
        """The cached board, however old it is, without reading from the database."""
        return self._boards.get((database, desk))

    def if_current(self, conn: AsyncConnection, desk: int, version: DayVersion) -> Seats | None:
        """The cached board if it matches this version of a day, without reading from the database."""
        cached = self._boards.get((conn.engine.url, desk))
        days = days_between(version.day - ONE_DAY, version.day + ONE_DAY)
        if cached is None or cached.updating.locked() or not cached.covers(days[0], days[-1]):
            return None
        cached_versions = [cached.versions.get(day, 0) for day in days]
        stored_versions = [version.versions.get(day, 0) for day in days]
        checksum = cached.board.assignments.checksum(version.day.toordinal())
        if (cached.roster, cached_versions, checksum) != (version.roster, stored_versions, version.checksum):
            return None
        cached.set_engaged(version.engaged)
        return cached

    def forget(self, conn: AsyncConnection, desk: int) -> None:
        """Drop the cached board, because the database refused something that the board allowed."""
        self._boards.pop((conn.engine.url, desk), None)


BOARDS = SeatBoards()
"""The boards of this process."""


def _span(cached: Seats | None, first: date, last: date) -> tuple[date, date]:
    """These days together with the cached ones, or these alone if that span would be too long."""
    if cached is None or max(last, cached.last) - min(first, cached.first) > MAX_SPAN:
        return first, last
    return min(first, cached.first), max(last, cached.last)


async def _read_changes(
    conn: AsyncConnection, desk: int, cached: Seats, days: Sequence[date], exact: Collection[date]
) -> Sequence[Row[Any]]:
    parameters = {"desk": desk, "first": days[0], "days": days, "seen": [cached.versions.get(day, 0) for day in days]}
    return (await conn.execute(_CHANGES, parameters | {"exact": [day in exact for day in days]})).all()


async def _apply_changes(conn: AsyncConnection, cached: Seats, changes: Sequence[Row[Any]]) -> None:
    await cached.apply_rows(conn, [row for row in changes if row.booking is not None])
    cached.set_engaged(next((row.engaged for row in changes if row.engaged), {}))
    cached.versions.update((row.board_day, row.day_version) for row in changes if row.day_version)
    checksums = {row.board_day: (row.number, row.total) for row in changes if row.number is not None}
    assignments = cached.board.assignments
    if wrong := [day for day, checksum in checksums.items() if assignments.checksum(day.toordinal()) != checksum]:
        await cached.apply_rows(conn, await read_witnesses(conn, wrong), wrong)
        cached.answers.clear()
