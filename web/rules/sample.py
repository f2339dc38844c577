"""A sample escalation, as its fields are typed: each fact, or that it is unknown, and a moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from rules_dsl import Directory, FactRefused, Facts, read_facts
from rules_dsl.directory import FactType, FactValue
from rules_dsl.model.amounts import format_duration, format_money
from web.wording.facts import FIELD, facts_of_form

NO_TAGS = "none"
_YEARS = range(2000, 2200)


@dataclass(frozen=True)
class Sample:
    """All as it was typed."""

    facts: Mapping[str, str]
    """By fact name; an empty one is unknown."""
    at: str = ""
    """``2026-02-04T12:00`` in the desk's zone; empty is now."""


@dataclass(frozen=True)
class SampleReading:
    """A sample that could be read, in part or whole."""

    facts: Facts
    moment: datetime
    wrong: Mapping[str, str]
    """What could not be read, by fact name; ``at`` for the moment."""


def usual_sample(declared: Sequence[FactType]) -> Sample:
    """What a page begins with: what may be missing is missing, the rest is ordinary."""
    return Sample({fact.name: "" if fact.may_be_missing else _ordinary(fact) for fact in declared})


def sample_of(sent: Mapping[str, object], declared: Sequence[FactType]) -> Sample:
    """From a form. One that was drawn without these fields gives the usual sample."""

    def typed(name: str) -> str:
        value = sent.get(name)
        return value.strip() if isinstance(value, str) else ""

    if not any(FIELD + fact.name in sent for fact in declared):
        return Sample(usual_sample(declared).facts, typed("at"))
    return Sample({fact.name: typed(FIELD + fact.name) for fact in declared}, typed("at"))


def sample_like(facts: Facts, moment: datetime, directory: Directory) -> Sample:
    """Typed as somebody would who wants these facts and this moment."""
    typed = {fact.name: typed_value(fact, facts.get(fact.name), directory.currency) for fact in directory.facts}
    return Sample(typed, f"{moment.astimezone(ZoneInfo(directory.time_zone)):%Y-%m-%dT%H:%M}")


def typed_value(fact: FactType, value: FactValue | None, currency: str) -> str:
    """``3 days``, ``250k``, ``yes``; empty for what is unknown."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case tuple():
            return ", ".join(value) or NO_TAGS
        case int() if fact.kind == "money":
            return format_money(value, currency)
        case int() if fact.kind == "duration":
            return format_duration(value)
    return str(value)


def read_sample(sample: Sample, directory: Directory, now: datetime) -> SampleReading:
    """Fact by fact, so that each wrong one is told at its field; it counts as unknown."""
    known: dict[str, FactValue] = {}
    wrong: dict[str, str] = {}
    for fact in directory.facts:
        typed = sample.facts.get(fact.name, "")
        if fact.kind == "tags" and typed.lower() == NO_TAGS:
            known[fact.name] = ()
            continue
        if fact.kind == "moment":
            moment = _moment(typed, directory.time_zone) if typed else None
            typed = moment.isoformat() if moment else typed
        try:
            known |= read_facts(facts_of_form({fact.name: typed}, [fact]), directory)
        except FactRefused as refused:
            wrong[fact.name] = refused.reason
    moment = _moment(sample.at, directory.time_zone) if sample.at else now
    if moment is None:
        wrong["at"] = "a day and a time are wanted, such as 2026-02-04 12:00"
    return SampleReading(known, moment or now, wrong)


def _moment(typed: str, zone: str) -> datetime | None:
    """In UTC; wall time of the desk unless a zone is said."""
    try:
        moment = datetime.fromisoformat(typed)
    except ValueError:
        return None
    if moment.year not in _YEARS:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


def _ordinary(fact: FactType) -> str:
    match fact.kind:
        case "choice":
            return fact.values[min(1, len(fact.values) - 1)] if fact.ordered else fact.values[0]
        case "yes/no":
            return "no"
        case "tags":
            return NO_TAGS
        case "moment":
            return ""
        case _:
            return "0"
