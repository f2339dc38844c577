"""Regions of escalations in readable form, each with an example escalation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from rules_dsl.analysis.value_classes import TIME, Attribute, Region, Space
from rules_dsl.directory import FactType, FactValue
from rules_dsl.evaluation.explain import Vocabulary
from rules_dsl.model.clock_words import DAYS


@dataclass(frozen=True)
class Situation:
    """Facts and a moment: an example of an escalation."""

    facts: dict[str, FactValue]
    """Known facts; other facts in the file's conditions are unknown."""
    unknown: tuple[str, ...]
    """Facts that must be unknown."""
    now: datetime
    timed: bool
    """Whether the moment matters."""
    decisive: tuple[str, ...]
    """The facts that matter, in the vocabulary's order."""


def situation_in(space: Space, region: Region) -> Situation:
    """The example for a region: the first allowed value of each attribute."""
    facts: dict[str, FactValue] = {}
    unknown: list[str] = []
    decisive: list[str] = []
    for place, attribute in enumerate(space.attributes):
        fact, mask = attribute.fact, region[place]
        if fact is None:
            continue
        if _matters(attribute, mask) and fact.name not in decisive:
            decisive.append(fact.name)
        first = (mask & -mask).bit_length() - 1
        if attribute.tag is not None:
            tags = facts.get(fact.name)
            if mask == 0b10 and isinstance(tags, tuple):
                facts[fact.name] = tuple(sorted({*tags, attribute.tag}))
        elif first < len(attribute.classes):
            facts[fact.name] = () if fact.kind == "tags" else attribute.classes[first][0]
        else:
            unknown.append(fact.name)
    first = (region[TIME] & -region[TIME]).bit_length() - 1
    timed = _matters(space.attributes[TIME], region[TIME])
    return Situation(facts, tuple(unknown), space.moments[first][0], timed, tuple(decisive))


def describe_situation(situation: Situation, vocabulary: Vocabulary, zone: str) -> str:
    """``priority is urgent, ARR is unknown, on Mon 2026-02-02 at 09:00``"""
    parts = [f"{name} {vocabulary.describe(name, situation.facts.get(name))}" for name in situation.decisive]
    if situation.timed:
        parts.append(describe_moment(situation.now, zone))
    return ", ".join(parts) or "any"


def describe_moment(moment: datetime, zone: str) -> str:
    """The weekday, date and time of a moment: ``on Mon 2026-02-02 at 09:00``."""
    local = moment.astimezone(ZoneInfo(zone))
    return f"on {DAYS[local.weekday()]} {local.date().isoformat()} at {local:%H:%M}"


def describe_region(space: Space, region: Region, vocabulary: Vocabulary, zone: str) -> str:
    """``priority is high or urgent and tags include "gdpr" and outside hours "office"``"""
    conditions = []
    for place, attribute in enumerate(space.attributes):
        if attribute.fact is not None and _matters(attribute, region[place]):
            conditions.append(_condition(attribute, attribute.fact, region[place], vocabulary))
    if _matters(space.attributes[TIME], region[TIME]):
        conditions.extend(_hours(space, region[TIME], zone))
    return " and ".join(conditions) or "every escalation"


def _matters(attribute: Attribute, mask: int) -> bool:
    """Whether a mask excludes a possible class. "Unknown" is not possible for a fact that is never missing."""
    if attribute.fact is not None and not attribute.fact.may_be_missing and mask & attribute.known:
        return mask & attribute.known != attribute.known
    return mask != attribute.whole


def _condition(attribute: Attribute, fact: FactType, mask: int, vocabulary: Vocabulary) -> str:
    if attribute.tag is not None:
        return f'{fact.name} {"include" if mask == 0b10 else "do not include"} "{attribute.tag}"'
    known, may_be_unknown = mask & attribute.known, fact.may_be_missing and bool(mask & attribute.unknown)
    be = "are" if fact.kind == "tags" else "is"
    if not known:
        return f"{fact.name} {be} unknown"
    if known == attribute.known:
        return f"{fact.name} {be} known"
    chosen = [values for number, values in enumerate(attribute.classes) if known >> number & 1]
    match fact.kind:
        case "yes/no":
            if may_be_unknown:
                return f"{fact.name} is {'yes' if chosen[0][0] is True else 'no'} or unknown"
            return fact.name if chosen[0][0] is True else f"not {fact.name}"
        case "choice":
            values = [value for value in fact.values if any(value in one for one in chosen)]
            return f"{fact.name} is {listed([*values, *['unknown'] * may_be_unknown])}"
    spans = [_span(vocabulary, fact.name, first, last) for first, last in _joined(chosen)]
    return f"{fact.name} is {listed([*spans, *['unknown'] * may_be_unknown])}"


def listed(words: Sequence[str]) -> str:
    """``a, b or c``"""
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _joined(chosen: list[tuple[FactValue, ...]]) -> Iterator[tuple[int, int]]:
    """Merge adjacent spans."""
    start: int | None = None
    end = -2
    for first, last in ((one[0], one[-1]) for one in chosen):
        if not isinstance(first, int) or not isinstance(last, int):
            continue
        if start is not None and first != end + 1:
            yield start, end
            start = None
        start, end = first if start is None else start, last
    if start is not None:
        yield start, end


def _span(vocabulary: Vocabulary, fact: str, first: int, last: int) -> str:
    def amount(value: int) -> str:
        return vocabulary.describe(fact, value).removeprefix("is ")

    if first == last:
        return amount(first)
    if last < 0:
        return f"at least {amount(first)}"
    return f"under {amount(last + 1)}" if first == 0 else f"at least {amount(first)} and under {amount(last + 1)}"


def _hours(space: Space, mask: int, zone: str) -> list[str]:
    """The hours that are open at all these moments, and those closed at all of them.

    If other moments match them too, also names the first of these moments.
    """
    states = [state for number, (_, state) in enumerate(space.moments) if mask >> number & 1]
    names = [hours.name for hours in space.hours]
    constant = [place for place, name in enumerate(names) if names.count(name) == 1]
    constant = [place for place in constant if len({state[place] for state in states}) == 1]
    conditions = [
        f'{"during" if states[0][place] else "outside"} hours "{space.hours[place].name}"' for place in constant
    ]
    matching = [state for _, state in space.moments if all(state[place] == states[0][place] for place in constant)]
    if len(matching) != len(states):
        first = (mask & -mask).bit_length() - 1
        conditions.append(f"at moments such as {describe_moment(space.moments[first][0], zone).removeprefix('on ')}")
    return conditions
