"""A sample escalation to try rules on: facts and a moment, as typed into fields."""

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
    """The fields as typed."""

    facts: Mapping[str, str]
    """Keyed by fact name; a value is empty if the fact is unknown."""
    at: str = ""
    """``2026-02-04T12:00`` in the organisation's time zone; empty means the current time."""


@dataclass(frozen=True)
class SampleReading:
    """What could be read from a sample."""

    facts: Facts
    moment: datetime
    wrong: Mapping[str, str]
    """Why fields could not be read, keyed by fact name, or ``at`` for the moment."""


def usual_sample(declared: Sequence[FactType]) -> Sample:
    """The sample on a new page: optional facts are left out, the others have ordinary values."""
    return Sample({fact.name: "" if fact.may_be_missing else _ordinary(fact) for fact in declared})


def sample_of(fields: Mapping[str, object], declared: Sequence[FactType]) -> Sample:
    """The sample in a form, or the usual sample if the form has none of these facts."""

    def typed(name: str) -> str:
        value = fields.get(name)
        return value.strip() if isinstance(value, str) else ""

    if not any(FIELD + fact.name in fields for fact in declared):
        return Sample(usual_sample(declared).facts, typed("at"))
    return Sample({fact.name: typed(FIELD + fact.name) for fact in declared}, typed("at"))


def sample_like(facts: Facts, moment: datetime, directory: Directory) -> Sample:
    """The sample that, when read, yields these facts and this moment."""
    typed = {fact.name: typed_value(fact, facts.get(fact.name), directory.currency) for fact in directory.facts}
    return Sample(typed, f"{moment.astimezone(ZoneInfo(directory.time_zone)):%Y-%m-%dT%H:%M}")


def typed_value(fact: FactType, value: FactValue | None, currency: str) -> str:
    """A fact's value as one would type it: ``3 days``, ``250k``, ``yes``; empty if unknown."""
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
    """Read a sample fact by fact, so that each field has its own error. Facts that can't be read count as unknown."""
    facts: dict[str, FactValue] = {}
    wrong: dict[str, str] = {}
    for fact in directory.facts:
        typed = sample.facts.get(fact.name, "")
        if fact.kind == "tags" and typed.lower() == NO_TAGS:
            facts[fact.name] = ()
            continue
        if fact.kind == "moment":
            moment = _moment(typed, directory.time_zone) if typed else None
            typed = moment.isoformat() if moment else typed
        try:
            facts |= read_facts(facts_of_form({fact.name: typed}, [fact]), directory)
        except FactRefused as refused:
            wrong[fact.name] = refused.reason
    moment = _moment(sample.at, directory.time_zone) if sample.at else now
    if moment is None:
        wrong["at"] = "enter a date and a time, such as 2026-02-04 12:00"
    return SampleReading(facts, moment or now, wrong)


def _moment(typed: str, zone: str) -> datetime | None:
    """The moment in UTC, read in this time zone unless the text has an offset. None if the text isn't a moment."""
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
