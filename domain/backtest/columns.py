"""Many past escalations side by side: one array for each thing that a trial asks of them. Pure.

The n-th entry of every array is of the n-th escalation; what repeats stands once and has a number.
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
"""In the place of an instant that there is not."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def instant_of(moment: datetime) -> int:
    return (moment - EPOCH) // _MICROSECOND


def moment_of(instant: int) -> datetime:
    return EPOCH + instant * _MICROSECOND


@dataclass
class Values:
    """What the numbers of one fact stand for, for as many portions of the past as one likes. 0 is unknown."""

    known: list[FactValue | None] = field(default_factory=lambda: [None])
    _numbers: dict[tuple[type, FactValue], int] = field(default_factory=dict)

    def number(self, value: FactValue | None) -> int:
        """The same for equal values of one type: 1 is not yes."""
        if value is None:
            return 0
        key = (type(value), value)
        found = self._numbers.get(key)
        if found is None:
            found = self._numbers[key] = len(self.known)
            self.known.append(value)
        return found


@dataclass(frozen=True)
class FactColumn:
    values: Values
    numbers: Numbers


@dataclass(frozen=True)
class HistoryColumns:
    """A portion of the past, the newest first."""

    ids: Sequence[str]
    opened_at: Instants
    call_at: Instants
    """``NEVER``: none was booked."""
    now: NDArray[np.bool_]
    directories: Sequence[str]
    """Hashes of snapshots; ``directory`` counts in them."""
    directory: Numbers
    facts: Mapping[str, FactColumn]
    """By name. What is not among them is unknown."""

    def __len__(self) -> int:
        return len(self.opened_at)

    def facts_at(self, place: int) -> Facts:
        found = ((name, column.values.known[column.numbers[place]]) for name, column in self.facts.items())
        return {name: value for name, value in found if value is not None}

    def at(self, place: int) -> HistoryEntry:
        """One of them, with the facts that are known here."""
        call_at = int(self.call_at[place])
        return HistoryEntry(
            self.ids[place],
            moment_of(int(self.opened_at[place])),
            self.facts_at(place),
            self.directories[self.directory[place]],
            None if call_at == NEVER else moment_of(call_at),
            bool(self.now[place]),
        )


def columns_of(history: Sequence[HistoryEntry], names: Iterable[str]) -> HistoryColumns:
    """Escalations that are at hand one by one, with these of their facts."""
    hashes = list(dict.fromkeys(one.directory for one in history))
    places = {hash_: place for place, hash_ in enumerate(hashes)}
    return HistoryColumns(
        [one.id for one in history],
        _instants(one.opened_at for one in history),
        _instants(one.call_at for one in history),
        np.array([one.now for one in history], dtype=np.bool_),
        hashes,
        np.array([places[one.directory] for one in history], dtype=np.intp),
        {name: _column(history, name) for name in names},
    )


def _instants(moments: Iterable[datetime | None]) -> Instants:
    return np.array([NEVER if moment is None else instant_of(moment) for moment in moments], dtype=np.int64)


def _column(history: Collection[HistoryEntry], name: str) -> FactColumn:
    values = Values()
    return FactColumn(values, np.array([values.number(one.facts.get(name)) for one in history], dtype=np.intp))


@dataclass(frozen=True)
class Groups:
    """Places at which several arrays are alike together."""

    first: Numbers
    """The first place of each group."""
    group: Numbers
    """The group of each place."""
    counts: Numbers


def alike(*columns: NDArray[Any]) -> Groups:
    """Whole numbers of any size. The columns are of one length."""
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
