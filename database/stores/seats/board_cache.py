"""Boards of seats kept in memory between two readings of the same process.

A kept board is brought up to date by versions: one a day, counted up by every sale, and one of the roster,
counted up by triggers. It may only take in what is committed, so a transaction that writes seats reads its own.
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

from database.stores.seats.load_board import Seats, days_between, load_seats, read_stands, read_whole
from domain.schedules.schedule import ONE_DAY

DAYS_KEPT = timedelta(days=100)
"""The longest time that one board grows to."""

_NEWS = text("""
SELECT r.version AS roster, pg_current_xact_id_if_assigned() IS NOT NULL AS has_written,
  c.day AS asked, coalesce(d.version, 0) AS stands, s.number, s.total,
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
"""What has changed in each asked day since it was seen, all as it stands at one moment; a row a changed witness.

A day that nobody asked to count, and of which nothing has changed, costs one look into the index: that is what the
conditions inside and OFFSET 0 are for, without which every witness of every day is read.
"""


@dataclass(frozen=True)
class Standing:
    """How the seats of a day and of the days beside it stand in the database."""

    day: date
    roster: int
    versions: Mapping[date, int]
    engaged: Mapping[str, int]
    counted: tuple[int, int]
    """How many witnesses the day has, and the sum of their bookings."""


class SeatBoards:
    """The boards of one process, one a desk."""

    def __init__(self) -> None:
        self._kept: dict[tuple[URL, int], Seats] = {}
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
        """The board of these days and the days beside them, as the caller's transaction sees it now.

        ``exact`` are days whose lock is held and which are counted besides. A transaction that has written
        anything has a board of its own, unless it says that no seat, shift or pool was among it.
        """
        first, last = first - ONE_DAY, last + ONE_DAY
        key = (conn.engine.url, desk)
        kept = self._kept.get(key)
        if kept is not None and kept.has(first, last):
            async with kept.reading:
                news = await _news(conn, desk, kept, days_between(first, last), exact)
                if news[0].roster == kept.roster and (seats_unwritten or not news[0].has_written):
                    await _take_in(conn, kept, news)
                    return kept
        # Whoever comes while it is read waits, and has the same one.
        async with self._loading[key]:
            if self._kept.get(key) is kept:
                wide, wider = _reach(kept, first, last)
                stands = await read_stands(conn, desk, wide, wider)
                if stands.has_written and not seats_unwritten:
                    return await load_seats(conn, first, last, stands)
                kept = self._kept[key] = await load_seats(conn, wide, wider, stands)
                return kept
        return await self.current(
            conn, desk, first + ONE_DAY, last - ONE_DAY, exact=exact, seats_unwritten=seats_unwritten
        )

    def kept(self, database: URL, desk: int) -> Seats | None:
        """The board as it was last read, however the seats stand now."""
        return self._kept.get((database, desk))

    def standing(self, conn: AsyncConnection, desk: int, stands: Standing) -> Seats | None:
        """The kept board, if it shows the seats as they stand; nothing is read."""
        kept = self._kept.get((conn.engine.url, desk))
        around = days_between(stands.day - ONE_DAY, stands.day + ONE_DAY)
        if kept is None or kept.reading.locked() or not kept.has(around[0], around[-1]):
            return None
        seen, standing = [kept.versions.get(one, 0) for one in around], [stands.versions.get(one, 0) for one in around]
        counted = kept.board.assignments.count(stands.day.toordinal())
        if (kept.roster, seen, counted) != (stands.roster, standing, stands.counted):
            return None
        kept.take_in_engaged(stands.engaged)
        return kept

    def forget(self, conn: AsyncConnection, desk: int) -> None:
        """What is kept was refused by the database: read anew."""
        self._kept.pop((conn.engine.url, desk), None)


BOARDS = SeatBoards()
"""Of this process. A database and a desk have one board, whoever asks."""


def _reach(kept: Seats | None, first: date, last: date) -> tuple[date, date]:
    """These days and those that are kept, unless that were too many."""
    if kept is None or max(last, kept.last) - min(first, kept.first) > DAYS_KEPT:
        return first, last
    return min(first, kept.first), max(last, kept.last)


async def _news(
    conn: AsyncConnection, desk: int, kept: Seats, days: Sequence[date], exact: Collection[date]
) -> Sequence[Row[Any]]:
    asked = {"desk": desk, "first": days[0], "days": days, "seen": [kept.versions.get(day, 0) for day in days]}
    return (await conn.execute(_NEWS, asked | {"exact": [day in exact for day in days]})).all()


async def _take_in(conn: AsyncConnection, kept: Seats, news: Sequence[Row[Any]]) -> None:
    await kept.take_in(conn, [row for row in news if row.booking is not None])
    kept.take_in_engaged(next((row.engaged for row in news if row.engaged), {}))
    kept.versions.update((row.asked, row.stands) for row in news if row.stands)
    counted = {row.asked: (row.number, row.total) for row in news if row.number is not None}
    if wrong := [day for day, sums in counted.items() if kept.board.assignments.count(day.toordinal()) != sums]:
        await kept.take_in(conn, await read_whole(conn, wrong), wrong)
        kept.answers.clear()
