"""Parses facts that PostgreSQL returns as text columns; each distinct text is parsed only once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from domain.backtest.columns import FactColumn, Values
from rules_dsl.directory import Directory, FactKind, FactValue

UNKNOWN = ""
"""Stands for an unknown fact; no value has this text."""
BETWEEN = "\n"
"""Separates the texts in a column."""

Read = Callable[[str], FactValue | None]
"""Parses a text; never called with ``UNKNOWN``."""


def as_json(text: str) -> FactValue | None:
    """Parse a JSON value of any type."""
    value = json.loads(text)
    return tuple(value) if type(value) is list else value


def _integer(text: str) -> FactValue:
    try:
        return int(text)
    except ValueError:
        return text


def _yes_no(text: str) -> FactValue:
    return {"true": True, "false": False}.get(text, text)


def _tags(text: str) -> FactValue:
    return tuple(json.loads(text))


_PARSERS: dict[FactKind, Read] = {
    "choice": str,
    "moment": str,
    "count": _integer,
    "money": _integer,
    "duration": _integer,
    "yes/no": _yes_no,
    "tags": _tags,
}
"""Parsers for bare text, by the kind that the fact had when it was checked; the text doesn't say what type it has."""


def bare_text_parser(name: str, directories: Iterable[Directory]) -> Read | None:
    """The parser for a fact's bare texts that were checked under these directories; None if the directories disagree
    about its kind.
    """
    facts = [directory.fact_named(name) for directory in directories]
    parsers = {_PARSERS[fact.kind] for fact in facts if fact is not None}
    # A directory that doesn't declare the fact has no values for it.
    return parsers.pop() if len(parsers) == 1 else None if parsers else as_json


class _Numbers(dict[str, int]):
    def __init__(self, values: Values, read: Read) -> None:
        super().__init__({UNKNOWN: 0})
        self._values, self._read = values, read

    def __missing__(self, text: str) -> int:
        number = self[text] = self._values.number(self._read(text))
        return number


@dataclass
class FactTexts:
    """The values of one fact, across any number of columns."""

    values: Values = field(default_factory=Values)
    _numbers: dict[Read, _Numbers] = field(default_factory=dict)

    def column(self, text: str, read: Read) -> FactColumn:
        if read not in self._numbers:
            self._numbers[read] = _Numbers(self.values, read)
        texts = text.split(BETWEEN)
        numbers = np.fromiter(map(self._numbers[read].__getitem__, texts), dtype=np.intp, count=len(texts))
        return FactColumn(self.values, numbers)
