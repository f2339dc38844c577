"""Facts as PostgreSQL tells them in columns of text: what they mean, and each distinct text read once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from domain.backtest.columns import FactColumn, Values
from rules_dsl.directory import Directory, FactKind, FactValue

UNKNOWN = ""
"""In the place of a fact that is not known. No value is written so."""
BETWEEN = "\n"
"""Between the texts of a column."""

Read = Callable[[str], FactValue | None]
"""What a text says; ``UNKNOWN`` is never asked for."""


def as_json(text: str) -> FactValue | None:
    """A value in JSON, whatever its type."""
    value = json.loads(text)
    return tuple(value) if type(value) is list else value


def _whole(text: str) -> FactValue:
    try:
        return int(text)
    except ValueError:
        return text


def _yes_no(text: str) -> FactValue:
    return {"true": True, "false": False}.get(text, text)


def _tags(text: str) -> FactValue:
    return tuple(json.loads(text))


_PLAIN: dict[FactKind, Read] = {
    "choice": str,
    "moment": str,
    "count": _whole,
    "money": _whole,
    "duration": _whole,
    "yes/no": _yes_no,
    "tags": _tags,
}
"""How the bare text of a value is read, by the kind that its fact had when it was checked. Its type is not in it."""


def plainly(name: str, directories: Iterable[Directory]) -> Read | None:
    """How bare texts of a fact are read that were checked under these directories; None where they don't agree."""
    facts = [directory.fact_named(name) for directory in directories]
    ways = {_PLAIN[fact.kind] for fact in facts if fact is not None}
    # One that does not declare it has no values of it.
    return ways.pop() if len(ways) == 1 else None if ways else as_json


class _Numbers(dict[str, int]):
    def __init__(self, values: Values, read: Read) -> None:
        super().__init__({UNKNOWN: 0})
        self._values, self._read = values, read

    def __missing__(self, text: str) -> int:
        number = self[text] = self._values.number(self._read(text))
        return number


@dataclass
class FactTexts:
    """One fact, for as many columns of texts as one likes."""

    values: Values = field(default_factory=Values)
    _known: dict[Read, _Numbers] = field(default_factory=dict)

    def column(self, texts: str, read: Read) -> FactColumn:
        if read not in self._known:
            self._known[read] = _Numbers(self.values, read)
        each = texts.split(BETWEEN)
        numbers = np.fromiter(map(self._known[read].__getitem__, each), dtype=np.intp, count=len(each))
        return FactColumn(self.values, numbers)
