"""Boards of seats kept in memory between two readings of the same process.

A kept board is brought up to date by versions: one a day, counted up by every sale, and one of the roster,
counted up by triggers. It may only take in what is committed, so a transaction that writes seats reads its own.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection
from datetime import date, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.seat_boards import ONE_DAY, Seats, load_seats, read_changed, read_whole

DAYS_KEPT = timedelta(days=100)
"""The longest time that one board grows to."""

_STANDS = text("""
SELECT NULL::date AS day, version, pg_current_xact_id_if_assigned() IS NOT NULL AS has_written FROM roster
UNION ALL SELECT day, version, false FROM desk_day WHERE desk = :desk AND day BETWEEN :first AND :last
""")
_SUMS = text("""
SELECT day, count(*) AS number, sum(booking)::bigint AS total FROM witness WHERE day = ANY(:days) GROUP BY day
""")


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
            loading = self._loading[key]
            waited = loading.locked()
            async with loading:
                kept = self._kept.get(key)
                if waited:
                    first, last = _reach(kept, first, last)
                    roster, versions, _ = await _stands(conn, desk, first, last)
                if kept is None or not kept.serves(roster, first, last):
                    kept = await load_seats(conn, first, last, roster)
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
        await kept.take_in(conn, await read_changed(conn, changed, [kept.versions.get(day, 0) for day in changed]))
        await kept.take_in_engaged(conn)
        kept.versions.update({day: versions[day] for day in changed})
    counted = (await conn.execute(_SUMS, {"days": looked_at})).all()
    sums = {row.day: (row.number, row.total) for row in counted}
    if wrong := [day for day in looked_at if not kept.agrees(day, sums)]:
        await kept.take_in(conn, await read_whole(conn, wrong), wrong)
        kept.answers.clear()
