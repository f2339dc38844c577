"""The space of all escalations as the conditions of a file see it: attributes with few classes of values each.

A set of classes is a bit mask. A region is one mask an attribute; its size is the product, and never written out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from rules_dsl.analysis.hour_classes import hour_combinations
from rules_dsl.directory import FactType, FactValue
from rules_dsl.evaluation.index_rows import Asking
from rules_dsl.evaluation.program import Clause, HasTags, InHours, IsDefined, OneOf, When, Within
from rules_dsl.model.decision import OpenHours

Region = tuple[int, ...]
"""One mask an attribute, none of them empty."""
TIME = 0
"""The attribute of the moment; the facts' come after it."""
_SOME_MOMENT = "2026-02-04T12:00:00+00:00"


@dataclass(frozen=True)
class Attribute:
    """One thing that conditions ask about: a fact, one tag of a fact, or the moment."""

    fact: FactType | None
    """None: the moment."""
    classes: tuple[tuple[FactValue, ...], ...]
    """The known values of each class. Of a number: its first and its last one, -1 for no end."""
    tag: str | None = None
    unknown: int = 0
    """The mask of the class "unknown", which is the last one; 0 where the attribute has none."""

    @property
    def whole(self) -> int:
        return (1 << len(self.classes)) - 1 | self.unknown

    @property
    def known(self) -> int:
        return (1 << len(self.classes)) - 1


@dataclass(frozen=True)
class Space:
    """The attributes of one file, and the moments that its hours tell apart."""

    attributes: tuple[Attribute, ...]
    places: dict[tuple[str, str | None], int]
    """The attribute of a fact, and of each of its tags."""
    hours: tuple[OpenHours, ...]
    moments: tuple[tuple[datetime, tuple[bool, ...]], ...]
    whole: Region
    """Every fact may be missing."""
    possible: Region
    """Facts that are never missing are known."""


def space_of(facts: Sequence[FactType], whens: Iterable[When], zone: str) -> Space:
    """What these conditions can tell apart. ``zone`` is where an example's moment is told."""
    tests = list(dict.fromkeys(_tests_of(whens, set())))
    hours = tuple(dict.fromkeys(test.hours for test in tests if isinstance(test, InHours)))
    moments = hour_combinations(hours, zone)
    attributes = [Attribute(None, tuple((str(moment),) for moment, _ in moments))]
    places: dict[tuple[str, str | None], int] = {}
    asked: dict[str, list[Asking]] = {}
    for test in tests:
        if not isinstance(test, InHours):
            asked.setdefault(test.fact, []).append(test)
    for fact in (fact for fact in facts if fact.name in asked):
        places[fact.name, None] = len(attributes)
        classes = _classes(fact, asked[fact.name])
        attributes.append(Attribute(fact, classes, None, 1 << len(classes)))
        for tag in sorted({tag for test in asked[fact.name] if isinstance(test, HasTags) for tag in test.tags}):
            places[fact.name, tag] = len(attributes)
            attributes.append(Attribute(fact, ((False,), (True,)), tag))
    possible = tuple(one.whole if one.fact is None or one.fact.may_be_missing else one.known for one in attributes)
    return Space(tuple(attributes), places, hours, moments, tuple(one.whole for one in attributes), possible)


def _tests_of(whens: Iterable[When], opened: set[int]) -> Iterator[Asking]:
    """All questions about facts and hours. A defined name that stands in many rules is ``opened`` once."""
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


def _classes(fact: FactType, tests: list[Asking]) -> tuple[tuple[FactValue, ...], ...]:
    match fact.kind:
        case "choice":
            return _told_apart(fact.values, [test for test in tests if isinstance(test, OneOf)])
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


def _told_apart(values: tuple[str, ...], tests: list[OneOf]) -> tuple[tuple[FactValue, ...], ...]:
    alike: dict[tuple[bool, ...], list[FactValue]] = {}
    for value in values:
        alike.setdefault(tuple(value in test.values for test in tests), []).append(value)
    return tuple(map(tuple, alike.values()))
