"""Reading past escalations in columns: PostgreSQL returns aggregated columns instead of rows.

Receiving rows one by one would take longer than making all decisions from them.
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

from database.stores.backtest.fact_columns import BETWEEN, FactTexts, Read, as_json, bare_text_parser
from domain.backtest.columns import NEVER, FactColumn, HistoryColumns, Instants, Numbers, instant_of
from domain.escalation import Mode
from rules_dsl.directory import Directory

PORTIONS = 8
"""The number of portions in which a time span is read; one is read while the previous one is being decided."""
_EPOCH_OF_POSTGRES = instant_of(datetime(2000, 1, 1, tzinfo=UTC))

# `->>` costs half as much as `->`. It drops the type, which is known from the directory of that time.
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
# A separate query: in a join, each escalation's last booking would be looked up one by one.
_BOOKINGS = text("""
SELECT string_agg(uuid_send(b.escalation), '') AS escalations, string_agg(timestamptz_send(b.starts_at), '') AS starts,
  string_agg(int8send(b.id), '') AS ids
FROM escalation e JOIN booking b ON b.escalation = e.id
WHERE e.opened_at >= :since AND e.opened_at < :until
""")


class _Ids(Sequence[str]):
    """Sixteen-byte ids, formatted on access."""

    def __init__(self, ids: bytes) -> None:
        self._ids = ids

    def __len__(self) -> int:
        return len(self._ids) // 16

    @overload
    def __getitem__(self, position: int) -> str: ...
    @overload
    def __getitem__(self, position: slice) -> Sequence[str]: ...
    def __getitem__(self, position: int | slice) -> str | Sequence[str]:
        if isinstance(position, slice):
            return [self[at] for at in range(*position.indices(len(self)))]
        return str(UUID(bytes=self._ids[16 * position : 16 * position + 16]))


@dataclass
class HistoryReader:
    """Reads portions with these facts, and gives each value of a fact the same number in all portions."""

    names: Sequence[str]
    _texts: dict[str, FactTexts] = field(default_factory=dict)

    async def portions(
        self, conn: AsyncConnection, since: datetime, until: datetime, version: str
    ) -> AsyncIterator[StoredPortion]:
        """Portions of the escalations opened in this half-open span, the newest first. ``version`` is that of the
        published rules.
        """
        step = (until - since) / PORTIONS
        edges = [*(since + step * number for number in range(PORTIONS)), until]
        for first, last in reversed(list(pairwise(edges))):
            parameters = {"since": first, "until": last, "version": version, "now_mode": Mode.NOW.value}
            row = await _read(conn, _PORTION, self.names, _BARE, parameters)
            if row.ids is not None:
                bookings = (await conn.execute(_BOOKINGS, parameters)).one()
                yield StoredPortion(row, bookings, (first, last))

    async def facts(
        self, conn: AsyncConnection, portion: StoredPortion, directories: Mapping[str, Directory]
    ) -> dict[str, tuple[str, Read]]:
        """The text column of each fact in a portion, and its parser. ``directories`` contains the portion's
        directories, keyed by hash.

        If the type of a value is unknown, because the fact was checked under a directory that isn't stored or under
        several that differ, the fact is read again as JSON.
        """
        hashes = portion.hashes
        stored = [directories[hash_] for hash_ in hashes if hash_]
        columns: dict[str, tuple[str, Read]] = {}
        for number, name in enumerate(self.names):
            parser = bare_text_parser(name, stored) if "" not in hashes else None
            column = portion.row._mapping[f"fact{number}"]
            if parser is not None and column.count(BETWEEN) == len(portion) - 1:
                columns[name] = (column, parser)
        if in_json := [name for name in self.names if name not in columns]:
            span = dict(zip(("since", "until"), portion.span, strict=True))
            row = await _read(conn, "SELECT count(*) AS count", in_json, _IN_JSON, span)
            columns |= {name: (row._mapping[f"fact{number}"], as_json) for number, name in enumerate(in_json)}
        return columns

    def columns(self, portion: StoredPortion, facts: Mapping[str, tuple[str, Read]]) -> HistoryColumns:
        """Parse a portion. This is slow, but needs no database."""
        return portion.columns(
            {name: self._texts.setdefault(name, FactTexts()).column(*column) for name, column in facts.items()}
        )


async def _read(
    conn: AsyncConnection, select: str, names: Sequence[str], form: str, parameters: dict[str, Any]
) -> Row[Any]:
    labels = {f"fact{number}": name for number, name in enumerate(names)}
    query = ", ".join([select, *(form.format(label) for label in labels)])
    return (await conn.execute(text(query + _IN_ORDER), parameters | labels)).one()


@dataclass(frozen=True)
class StoredPortion:
    """A portion that has been read but not parsed yet."""

    row: Row[Any]
    bookings: Row[Any]
    span: tuple[datetime, datetime]

    def __len__(self) -> int:
        return len(self.row.now)

    @property
    def under_others(self) -> int:
        """How many escalations were opened under rules other than the published ones."""
        number: int = self.row.under_others
        return number

    @property
    def unrecorded(self) -> int:
        """How many escalations were opened before directories were stored."""
        return self._directories.count("")

    @property
    def hashes(self) -> Set[str]:
        """The directory hashes of these escalations; "" if no directory was stored."""
        return dict.fromkeys(self._directories).keys()

    @cached_property
    def _directories(self) -> list[str]:
        hashes: list[str] = self.row.directories.split(BETWEEN)
        return hashes

    def columns(self, facts: Mapping[str, FactColumn]) -> HistoryColumns:
        positions = {hash_: position for position, hash_ in enumerate(self.hashes)}
        opened, now = _instants(self.row.opened), np.frombuffer(self.row.now, dtype=np.bool_)
        return HistoryColumns(
            _Ids(self.row.ids),
            opened,
            np.where(now, opened, self._booked()),
            now,
            list(positions),
            np.array([positions[hash_] for hash_ in self._directories], dtype=np.intp),
            facts,
        )

    def _booked(self) -> Instants:
        """The start time of each escalation's last booking."""
        result = np.full(len(self), NEVER)
        if self.bookings.ids is None:
            return result
        by_id = np.argsort(np.frombuffer(self.bookings.ids, dtype=">i8"))
        owners = np.frombuffer(self.bookings.escalations, dtype="S16")[by_id]
        starts = _instants(self.bookings.starts)[by_id]
        by_owner: Numbers = np.argsort(owners, kind="stable")
        ids = np.frombuffer(self.row.ids, dtype="S16")
        after = np.searchsorted(owners[by_owner], ids, side="right")
        nearest = by_owner[np.maximum(after - 1, 0)]
        has_booking = owners[nearest] == ids
        result[has_booking] = starts[nearest[has_booking]]
        return result


def _instants(data: bytes) -> Instants:
    """Convert microseconds since 2000, as PostgreSQL sends them."""
    return np.frombuffer(data, dtype=">i8").astype(np.int64) + _EPOCH_OF_POSTGRES
