"""Conditions in the tree of a rules file: facts and values as written, with their places."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple


class Place(NamedTuple):
    """Where a phrase stands: 1-based line and column, length in characters."""

    line: int
    """0 inside a sentence, which may stand in several lines: then the line of the ``WhenLine`` or ``DoLine`` counts."""
    column: int
    length: int

    def on(self, line: int) -> Place:
        return self if self.line else Place(line, self.column, self.length)


START = Place(1, 1, 1)
"""Where a file begins: the place of what is said about all of it."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A name or some bare words, as written."""

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
    """Both ends count."""

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
    """A condition with its lead, wherever it stands: of its places the lines are 0."""

    lead: Lead
    condition: Condition | None
    """None: ``when anything``, which always holds."""
    text: str
    """The condition as written."""
    at: Place


class WhenLine(NamedTuple):
    """One line of a rule's conditions. A tuple, as ``Place`` is, for a file has thousands of them."""

    said: WhenSentence
    """The same one wherever the same is written."""
    number: int

    @property
    def lead(self) -> Lead:
        return self.said.lead

    @property
    def condition(self) -> Condition | None:
        return self.said.condition

    @property
    def text(self) -> str:
        return self.said.text

    @property
    def at(self) -> Place:
        _, column, length = self.said.at
        return Place(self.number, column, length)
