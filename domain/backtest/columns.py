"""Past escalations in columns: one array per property that a backtest needs. Pure.

The n-th entry of every array belongs to the n-th escalation; repeated values are stored once and numbered.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.backtest.history import HistoryEntry
from rules_dsl.directory import Facts, FactValue

Numbers = NDArray[np.intp]
Instants = NDArray[np.int64]
"""Microseconds since the beginning of 1970, UTC."""

NEVER = np.iinfo(np.int64).min
"""Stands for a missing instant."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def instant_of(moment: datetime) -> int:
    return (moment - EPOCH) // _MICROSECOND


def moment_of(instant: int) -> datetime:
    return EPOCH + instant * _MICROSECOND


@dataclass
class Values:
    """The numbered values of one fact, across any number of portions. 0 means unknown."""

    by_number: list[FactValue | None] = field(default_factory=lambda: [None])
    _numbers: dict[tuple[type, FactValue], int] = field(default_factory=dict)

    def number(self, value: FactValue | None) -> int:
        """The value's number. Equal values share a number if they have the same type: 1 and True don't."""
        if value is None:
            return 0
        key = (type(value), value)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.by_number)
            self.by_number.append(value)
        return number


@dataclass(frozen=True)
class FactColumn:
    values: Values
    numbers: Numbers


@dataclass(frozen=True)
class HistoryColumns:
    """A portion of past escalations, the newest first."""

    ids: Sequence[str]
    opened_at: Instants
    call_at: Instants
    """``NEVER`` if no call was booked."""
    now: NDArray[np.bool_]
    directories: Sequence[str]
    """Snapshot hashes, to which ``directory`` refers by position."""
    directory: Numbers
    facts: Mapping[str, FactColumn]
    """Keyed by name. All other facts are unknown."""

    def __len__(self) -> int:
        return len(self.opened_at)

    def facts_at(self, position: int) -> Facts:
        values = ((name, column.values.by_number[column.numbers[position]]) for name, column in self.facts.items())
        return {name: value for name, value in values if value is not None}

    def at(self, position: int) -> HistoryEntry:
        """The escalation at this position, with only the facts that these columns contain."""
        call_at = int(self.call_at[position])
        return HistoryEntry(
            self.ids[position],
            moment_of(int(self.opened_at[position])),
            self.facts_at(position),
            self.directories[self.directory[position]],
            None if call_at == NEVER else moment_of(call_at),
            bool(self.now[position]),
        )


def columns_of(history: Sequence[HistoryEntry], names: Iterable[str]) -> HistoryColumns:
    """These escalations as columns, with only the named facts."""
    hashes = list(dict.fromkeys(one.directory for one in history))
    positions = {hash_: position for position, hash_ in enumerate(hashes)}
    return HistoryColumns(
        [one.id for one in history],
        _instants(one.opened_at for one in history),
        _instants(one.call_at for one in history),
        np.array([one.now for one in history], dtype=np.bool_),
        hashes,
        np.array([positions[one.directory] for one in history], dtype=np.intp),
        {name: _column(history, name) for name in names},
    )


def _instants(moments: Iterable[datetime | None]) -> Instants:
    return np.array([NEVER if moment is None else instant_of(moment) for moment in moments], dtype=np.int64)


def _column(history: Collection[HistoryEntry], name: str) -> FactColumn:
    values = Values()
    return FactColumn(values, np.array([values.number(one.facts.get(name)) for one in history], dtype=np.intp))


@dataclass(frozen=True)
class Groups:
    """Positions grouped by equal values in several columns."""

    first: Numbers
    """The first position in each group."""
    group: Numbers
    """The group that each position belongs to."""
    counts: Numbers


def group_equal(*columns: NDArray[Any]) -> Groups:
    """Group the positions at which these integer columns have equal values. All columns have the same length."""
    key = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        least = int(column.min(initial=0))
        span = int(column.max(initial=0)) - least + 1
        size = int(key.max(initial=0)) + 1
        if size * span >= 2**62:
            key = np.unique(key, return_inverse=True)[1]
        key = key * span + (column.astype(np.int64) - least)
    _, first, group, counts = np.unique(key, return_index=True, return_inverse=True, return_counts=True)
    return Groups(first, group, counts)
