"""Conditions in the syntax tree: facts and values as written, with their positions."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple


class Place(NamedTuple):
    """The position of a phrase: 1-based line and column, length in characters."""

    line: int
    """0 inside a cached sentence, which may occur on several lines; its ``WhenLine`` or ``ActionLine`` has the real
    line.
    """
    column: int
    length: int

    def on(self, line: int) -> Place:
        return self if self.line else Place(line, self.column, self.length)


START = Place(1, 1, 1)
"""The beginning of a file, which is given as the position of diagnostics about the whole file."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A name, or bare words, as written."""

    text: str
    at: Place
    quoted: bool = False

    @property
    def written(self) -> str:
        return f'"{self.text}"' if self.quoted else self.text


@dataclass(frozen=True, slots=True)
class Duration:
    """Whole seconds, or whole working days (then ``seconds`` is 0)."""

    seconds: int
    at: Place
    working_days: int = 0
    text: str = ""
    """As written."""


class Comparator(Enum):
    AT_LEAST = "at least"
    AT_MOST = "at most"
    OVER = "over"
    UNDER = "under"


@dataclass(frozen=True, eq=False, slots=True)
class FactIs:
    """``product area is [not] engine, hull or sails``"""

    fact: Phrase
    values: tuple[Phrase, ...]
    negated: bool
    at: Place


@dataclass(frozen=True, eq=False, slots=True)
class FactCompares:
    """``replies is at least 8``"""

    fact: Phrase
    comparison: Comparator
    value: Phrase
    at: Place


@dataclass(frozen=True, eq=False, slots=True)
class FactBetween:
    """``replies is between 3 and 8``, both included."""

    fact: Phrase
    low: Phrase
    high: Phrase
    at: Place


@dataclass(frozen=True, eq=False, slots=True)
class FactKnown:
    """``ARR is [un]known``"""

    fact: Phrase
    known: bool
    at: Place


@dataclass(frozen=True, eq=False, slots=True)
class FactHolds:
    """``[not] reopened``"""

    fact: Phrase
    negated: bool
    at: Place


@dataclass(frozen=True, eq=False, slots=True)
class TagsInclude:
    """``tags [do not] include "safety" or "legal"``"""

    fact: Phrase
    tags: tuple[Phrase, ...]
    every: bool
    negated: bool
    at: Place


@dataclass(frozen=True, eq=False, slots=True)
class HoursHold:
    """``during hours "office"``, ``outside hours "office"``"""

    hours: Phrase
    inside: bool
    at: Place


@dataclass(frozen=True, eq=False, slots=True)
class DefinedHolds:
    """``[not] "big customer"``"""

    name: Phrase
    negated: bool
    at: Place


Condition = FactIs | FactCompares | FactBetween | FactKnown | FactHolds | TagsInclude | HoursHold | DefinedHolds


class Lead(Enum):
    WHEN = "when"
    AND = "and"
    OR_WHEN = "or when"
    UNLESS = "unless"


@dataclass(frozen=True, slots=True)
class WhenSentence:
    """A condition with its lead, independent of its line: the line numbers in its positions are 0."""

    lead: Lead
    condition: Condition | None
    """None for ``when anything``, which always holds."""
    text: str
    """The condition as written."""
    at: Place


class WhenLine(NamedTuple):
    """One condition line of a block. A named tuple like ``Place``, because a file has thousands of them."""

    sentence: WhenSentence
    """Shared by all lines with the same text."""
    number: int

    @property
    def lead(self) -> Lead:
        return self.sentence.lead

    @property
    def condition(self) -> Condition | None:
        return self.sentence.condition

    @property
    def text(self) -> str:
        return self.sentence.text

    @property
    def at(self) -> Place:
        _, column, length = self.sentence.at
        return Place(self.number, column, length)
