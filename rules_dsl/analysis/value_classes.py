"""The space of all escalations, reduced to what a file's conditions distinguish: attributes with a few classes each.

A set of classes is a bit mask. A region is the product of one mask per attribute; the product is never expanded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from rules_dsl.analysis.hour_classes import hour_combinations
from rules_dsl.directory import FactType, FactValue
from rules_dsl.evaluation.index_rows import Atom
from rules_dsl.evaluation.program import Clause, HasTags, InHours, IsDefined, OneOf, When, Within
from rules_dsl.model.decision import OpenHours

Region = tuple[int, ...]
"""One mask per attribute, none of them empty."""
TIME = 0
"""Index of the moment's attribute; the facts' attributes follow."""
_SOME_MOMENT = "2026-02-04T12:00:00+00:00"


@dataclass(frozen=True)
class Attribute:
    """A property that conditions test: a fact, one tag of a fact, or the moment."""

    fact: FactType | None
    """None for the moment."""
    classes: tuple[tuple[FactValue, ...], ...]
    """The known values in each class. For numbers, the first and last value; the last is -1 if unbounded."""
    tag: str | None = None
    unknown: int = 0
    """The mask of the "unknown" class, which comes last; 0 if there is none."""

    @property
    def whole(self) -> int:
        return (1 << len(self.classes)) - 1 | self.unknown

    @property
    def known(self) -> int:
        return (1 << len(self.classes)) - 1


@dataclass(frozen=True)
class Space:
    """The attributes of one file, and the moments that its hours distinguish."""

    attributes: tuple[Attribute, ...]
    places: dict[tuple[str, str | None], int]
    """Attribute indexes, keyed by fact and tag; the tag is None for the fact itself."""
    hours: tuple[OpenHours, ...]
    moments: tuple[tuple[datetime, tuple[bool, ...]], ...]
    whole: Region
    """All escalations, even those that lack facts declared as never missing."""
    possible: Region
    """All escalations in which every fact declared as never missing is known."""


def space_of(facts: Sequence[FactType], whens: Iterable[When], zone: str) -> Space:
    """The space, reduced to what these conditions distinguish. ``zone`` is the time zone of the examples."""
    tests = list(dict.fromkeys(_tests_of(whens, set())))
    hours = tuple(dict.fromkeys(test.hours for test in tests if isinstance(test, InHours)))
    moments = hour_combinations(hours, zone)
    attributes = [Attribute(None, tuple((str(moment),) for moment, _ in moments))]
    places: dict[tuple[str, str | None], int] = {}
    by_fact: dict[str, list[Atom]] = {}
    for test in tests:
        if not isinstance(test, InHours):
            by_fact.setdefault(test.fact, []).append(test)
    for fact in (fact for fact in facts if fact.name in by_fact):
        places[fact.name, None] = len(attributes)
        classes = _classes(fact, by_fact[fact.name])
        attributes.append(Attribute(fact, classes, None, 1 << len(classes)))
        for tag in sorted({tag for test in by_fact[fact.name] if isinstance(test, HasTags) for tag in test.tags}):
            places[fact.name, tag] = len(attributes)
            attributes.append(Attribute(fact, ((False,), (True,)), tag))
    possible = tuple(one.whole if one.fact is None or one.fact.may_be_missing else one.known for one in attributes)
    return Space(tuple(attributes), places, hours, moments, tuple(one.whole for one in attributes), possible)


def _tests_of(whens: Iterable[When], opened: set[int]) -> Iterator[Atom]:
    """Yield all tests of facts and hours. ``opened`` holds the definitions that have already been expanded."""
    for when in whens:
        for clause in _clauses_of(when):
            if not isinstance(clause.test, IsDefined):
                yield clause.test
            elif id(clause.test) not in opened:
                opened.add(id(clause.test))
                yield from _tests_of((clause.test.when,), opened)


def _clauses_of(when: When) -> Iterator[Clause]:
    for alternative in when.alternatives:
        yield from alternative
    yield from when.unless


def _classes(fact: FactType, tests: list[Atom]) -> tuple[tuple[FactValue, ...], ...]:
    match fact.kind:
        case "choice":
            return _distinguished(fact.values, [test for test in tests if isinstance(test, OneOf)])
        case "yes/no":
            return ((False,), (True,))
        case "moment":
            return ((_SOME_MOMENT,),)
        case "tags":
            return ((),)
    starts = {0}
    for test in tests:
        if isinstance(test, Within):
            starts |= {test.low} if test.low is not None else set()
            starts |= {test.high + 1} if test.high is not None else set()
    first = sorted(start for start in starts if start >= 0)
    return tuple(zip(first, (*(start - 1 for start in first[1:]), -1), strict=True))


def _distinguished(values: tuple[str, ...], tests: list[OneOf]) -> tuple[tuple[FactValue, ...], ...]:
    classes: dict[tuple[bool, ...], list[FactValue]] = {}
    for value in values:
        classes.setdefault(tuple(value in test.values for test in tests), []).append(value)
    return tuple(map(tuple, classes.values()))
