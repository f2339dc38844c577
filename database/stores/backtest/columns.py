"""Reading past escalations side by side: PostgreSQL hands over columns, not a row for each.

What one row would cost here is more than all that is decided about it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from itertools import pairwise
from typing import Any, overload
from uuid import UUID

import numpy as np
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from database.stores.backtest.fact_columns import BETWEEN, FactTexts, Read, as_json, plainly
from domain.backtest.columns import NEVER, FactColumn, HistoryColumns, Instants, Numbers, instant_of
from domain.escalation import Mode
from rules_dsl.directory import Directory

PORTIONS = 8
"""Of a span: one is read while the one before it is decided."""
_EPOCH_OF_POSTGRES = instant_of(datetime(2000, 1, 1, tzinfo=UTC))

# `->>` is half the work of `->`; what it leaves out, the type, the directory of that time tells.
_BARE = "string_agg(coalesce(p.facts ->> CAST(:{0} AS text), ''), E'\\n') AS {0}"
_IN_JSON = "string_agg(coalesce(CAST(p.facts -> CAST(:{0} AS text) AS text), ''), E'\\n') AS {0}"
_IN_ORDER = """
FROM (
  SELECT e.id, e.opened_at, e.mode, e.directory, e.ruleset, e.facts FROM escalation e
  WHERE e.opened_at >= :since AND e.opened_at < :until
  ORDER BY e.opened_at DESC, e.id DESC
) p
"""
_PORTION = """
SELECT count(*) FILTER (WHERE p.ruleset <> :version) AS under_others,
  string_agg(uuid_send(p.id), '') AS ids, string_agg(timestamptz_send(p.opened_at), '') AS opened,
  string_agg(CASE WHEN p.mode = :now_mode THEN '\\x01'::bytea ELSE '\\x00' END, '') AS now,
  string_agg(coalesce(p.directory, ''), E'\\n') AS directories
"""
# Read apart: beside every escalation, its last booking would be looked for one by one.
_BOOKINGS = text("""
SELECT string_agg(uuid_send(b.escalation), '') AS escalations, string_agg(timestamptz_send(b.starts_at), '') AS starts,
  string_agg(int8send(b.id), '') AS ids
FROM escalation e JOIN booking b ON b.escalation = e.id
WHERE e.opened_at >= :since AND e.opened_at < :until
""")


class _Ids(Sequence[str]):
    """Sixteen bytes each, written out when asked for."""

    def __init__(self, ids: bytes) -> None:
        self._ids = ids

    def __len__(self) -> int:
        return len(self._ids) // 16

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[str]: ...
    def __getitem__(self, place: int | slice) -> str | Sequence[str]:
        if isinstance(place, slice):
            return [self[at] for at in range(*place.indices(len(self)))]
        return str(UUID(bytes=self._ids[16 * place : 16 * place + 16]))


@dataclass
class HistoryReader:
    """Reads with these facts, and keeps what it has learned of them from portion to portion."""

    names: Sequence[str]
    _texts: dict[str, FactTexts] = field(default_factory=dict)

    async def portions(
        self, conn: AsyncConnection, since: datetime, until: datetime, version: str
    ) -> AsyncIterator[StoredPortion]:
        """The half-open span by opening, the newest first. ``version`` is that of the rules that stand."""
        step = (until - since) / PORTIONS
        edges = [*(since + step * number for number in range(PORTIONS)), until]
        for first, last in reversed(list(pairwise(edges))):
            said = {"since": first, "until": last, "version": version, "now_mode": Mode.NOW.value}
            row = await _read(conn, _PORTION, self.names, _BARE, said)
            if row.ids is not None:
                bookings = (await conn.execute(_BOOKINGS, said)).one()
                yield StoredPortion(row, bookings, (first, last))

    async def facts(
        self, conn: AsyncConnection, portion: StoredPortion, known: Mapping[str, Directory]
    ) -> dict[str, tuple[str, Read]]:
        """What a portion says of each fact, with how to read it. ``known`` has its directories, by hash.

        Where the type of a value can't be told, because it was checked under no directory that is kept or under
        several that differ, the fact is read again in JSON.
        """
        hashes = portion.hashes
        kept = [known[hash_] for hash_ in hashes if hash_]
        found: dict[str, tuple[str, Read]] = {}
        for place, name in enumerate(self.names):
            read = plainly(name, kept) if "" not in hashes else None
            texts = portion.row._mapping[f"fact{place}"]
            if read is not None and texts.count(BETWEEN) == len(portion) - 1:
                found[name] = (texts, read)
        if again := [name for name in self.names if name not in found]:
            said = dict(zip(("since", "until"), portion.span, strict=True))
            row = await _read(conn, "SELECT count(*) AS count", again, _IN_JSON, said)
            found |= {name: (row._mapping[f"fact{place}"], as_json) for place, name in enumerate(again)}
        return found

    def columns(self, portion: StoredPortion, facts: Mapping[str, tuple[str, Read]]) -> HistoryColumns:
        """Takes time, and no database."""
        read = {name: self._texts.setdefault(name, FactTexts()).column(*said) for name, said in facts.items()}
        return portion.columns(read)


async def _read(conn: AsyncConnection, what: str, names: Sequence[str], form: str, said: dict[str, Any]) -> Row[Any]:
    asked = {f"fact{place}": name for place, name in enumerate(names)}
    query = ", ".join([what, *(form.format(place) for place in asked)])
    return (await conn.execute(text(query + _IN_ORDER), said | asked)).one()


@dataclass(frozen=True)
class StoredPortion:
    """A portion as it was read."""

    row: Row[Any]
    bookings: Row[Any]
    span: tuple[datetime, datetime]

    def __len__(self) -> int:
        return len(self.row.now)

    @property
    def under_others(self) -> int:
        """Opened under other rules than those that stand."""
        found: int = self.row.under_others
        return found

    @property
    def unrecorded(self) -> int:
        """Opened before directories were kept."""
        return self._directories.count("")

    @property
    def hashes(self) -> Set[str]:
        """Of their directories; empty where none was kept."""
        return dict.fromkeys(self._directories).keys()

    @cached_property
    def _directories(self) -> list[str]:
        found: list[str] = self.row.directories.split(BETWEEN)
        return found

    def columns(self, facts: Mapping[str, FactColumn]) -> HistoryColumns:
        places = {hash_: place for place, hash_ in enumerate(self.hashes)}
        opened, now = _instants(self.row.opened), np.frombuffer(self.row.now, dtype=np.bool_)
        return HistoryColumns(
            _Ids(self.row.ids),
            opened,
            np.where(now, opened, self._booked()),
            now,
            list(places),
            np.array([places[hash_] for hash_ in self._directories], dtype=np.intp),
            facts,
        )

    def _booked(self) -> Instants:
        """When the call of each was booked for at last."""
        found = np.full(len(self), NEVER)
        if self.bookings.ids is None:
            return found
        last = np.argsort(np.frombuffer(self.bookings.ids, dtype=">i8"))
        owners = np.frombuffer(self.bookings.escalations, dtype="S16")[last]
        starts = _instants(self.bookings.starts)[last]
        in_order: Numbers = np.argsort(owners, kind="stable")
        ids = np.frombuffer(self.row.ids, dtype="S16")
        after = np.searchsorted(owners[in_order], ids, side="right")
        nearest = in_order[np.maximum(after - 1, 0)]
        here = owners[nearest] == ids
        found[here] = starts[nearest[here]]
        return found


def _instants(sent: bytes) -> Instants:
    """From microseconds since 2000, as PostgreSQL sends them."""
    return np.frombuffer(sent, dtype=">i8").astype(np.int64) + _EPOCH_OF_POSTGRES
