"""The directory that rules are checked and evaluated against: teams, titles, skills, people, facts.

A snapshot: frozen, without a clock and without a database. Ids are those of the store it was read
from; a directory read from a JSON file (``from_json``) numbers its names in the order of the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from rules_dsl.directory.fact_types import MOST_FACTS, unfit
from rules_dsl.model.clock_words import day_number, days_between, minute_of_day, zone_named
from rules_dsl.model.json_fields import JsonObject

FactKind = Literal["choice", "count", "money", "duration", "yes/no", "tags", "moment"]
FactValue = str | int | bool | tuple[str, ...]
"""Choice: one of its values. Count: whole. Money: minor units. Duration: seconds. Tags: a sorted tuple."""
Facts = Mapping[str, FactValue]
"""What is known of a ticket and its customer, by fact name. An absent name is an unknown fact."""


@dataclass(frozen=True)
class Team:
    """People who work together, and write under one address."""

    id: int
    name: str
    address: str
    """The mail address from which customers are written to."""
    lead_title: int | None = None
    """The title that leads the team."""


@dataclass(frozen=True)
class Title:
    """What somebody is."""

    id: int
    name: str


@dataclass(frozen=True)
class Skill:
    """What somebody can do, at a level."""

    id: int
    name: str


@dataclass(frozen=True)
class FactType:
    """What may be known of a ticket: its type, and its values where they are listed."""

    name: str
    kind: FactKind
    values: tuple[str, ...] = ()
    ordered: bool = False
    may_be_missing: bool = True


@dataclass(frozen=True)
class WeeklyShift:
    """A repeating span of work, half-open, in wall time of its own zone; ``until`` may be 24:00."""

    days: tuple[int, ...]
    """0 is Monday."""
    start_minute: int
    end_minute: int
    time_zone: str


@dataclass(frozen=True)
class Person:
    """Somebody of the desk."""

    id: int
    name: str
    email: str
    team: int
    title: int
    skills: Mapping[int, int] = field(default_factory=dict)
    """Skill id to level, 1 to 5."""
    languages: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    shifts: tuple[WeeklyShift, ...] = ()


@dataclass(frozen=True)
class HolidayCalendar:
    """A name for the holidays of a country or a part of it."""

    name: str
    country: str
    subdivision: str | None = None


@dataclass(frozen=True)
class Directory:
    """All that rules may name."""

    desk: str
    time_zone: str
    currency: str
    teams: tuple[Team, ...] = ()
    titles: tuple[Title, ...] = ()
    skills: tuple[Skill, ...] = ()
    holidays: tuple[HolidayCalendar, ...] = ()
    facts: tuple[FactType, ...] = ()
    people: tuple[Person, ...] = ()

    def team_named(self, name: str) -> Team | None:
        return next((team for team in self.teams if team.name == name), None)

    def title_named(self, name: str) -> Title | None:
        return next((title for title in self.titles if title.name == name), None)

    def skill_named(self, name: str) -> Skill | None:
        return next((skill for skill in self.skills if skill.name == name), None)

    def fact_named(self, name: str) -> FactType | None:
        return next((fact for fact in self.facts if fact.name == name), None)

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Directory:
        """Read the form of ``examples/*.directory.json``. Raises ``ValueError`` naming the wrong field."""
        top = JsonObject(data)
        teams, titles, skills = _teams(top), _titles(top), _skills(top)
        zone = top.text("time_zone")
        if zone_named(zone) is None:
            raise top.wrong("time_zone", f'"{zone}" is not a time zone')
        return Directory(
            desk=top.text("desk"),
            time_zone=zone,
            currency=top.text("currency"),
            teams=teams,
            titles=titles,
            skills=skills,
            holidays=tuple(
                HolidayCalendar(name, item.text("country"), item.optional_text("subdivision"))
                for name, item in top.mapping("holidays").members()
            ),
            facts=read_fact_types(top),
            people=_people(top, teams, titles, skills),
        )


def _titles(top: JsonObject) -> tuple[Title, ...]:
    return tuple(Title(number, name) for number, name in enumerate(top.texts("titles"), 1))


def _skills(top: JsonObject) -> tuple[Skill, ...]:
    return tuple(Skill(number, name) for number, name in enumerate(top.texts("skills"), 1))


def _teams(top: JsonObject) -> tuple[Team, ...]:
    titles = {title.name: title.id for title in _titles(top)}
    teams: list[Team] = []
    for number, item in enumerate(top.objects("teams"), 1):
        name = item.text("name")
        if any(team.name == name for team in teams):
            raise item.wrong("name", f'"{name}" stands there twice')
        lead = item.one_of("lead_title", titles) if item.data.get("lead_title") is not None else None
        teams.append(Team(number, name, item.text("address"), lead))
    return tuple(teams)


def read_fact_types(top: JsonObject) -> tuple[FactType, ...]:
    """The desk's vocabulary, under the key ``facts``. Raises ``ValueError`` naming the wrong field."""
    found: list[FactType] = []
    for name, item in top.mapping("facts").members():
        if len(found) == MOST_FACTS:
            raise top.wrong("facts", f"at most {MOST_FACTS} facts")
        found.append(_fact(name, item, [fact.name for fact in found]))
    return tuple(found)


def _fact(name: str, item: JsonObject, others: list[str]) -> FactType:
    kind = item.text("type")
    for known in get_args(FactKind):
        if kind == known:
            values, ordered = item.texts("values"), item.flag("ordered", False)
            wrong = unfit(name, kind, values, ordered, others)
            if wrong is not None and wrong.field == "name":
                raise ValueError(f"{item.path}: {wrong.reason}")
            if wrong is not None:
                raise item.wrong(wrong.field, wrong.reason)
            return FactType(name, known, values, ordered, item.flag("may_be_missing", True))
    raise item.wrong("type", f'"{kind}" is none of {", ".join(get_args(FactKind))}')


def _people(
    top: JsonObject, teams: tuple[Team, ...], titles: tuple[Title, ...], skills: tuple[Skill, ...]
) -> tuple[Person, ...]:
    team_ids = {team.name: team.id for team in teams}
    title_ids = {title.name: title.id for title in titles}
    skill_ids = {skill.name: skill.id for skill in skills}
    return tuple(
        Person(
            id=number,
            name=item.text("name"),
            email=item.text("email"),
            team=item.one_of("team", team_ids),
            title=item.one_of("title", title_ids),
            skills=_levels(item.mapping("skills"), skill_ids),
            languages=item.texts("languages"),
            roles=item.texts("roles"),
            shifts=tuple(_shift(shift) for shift in item.objects("shifts")),
        )
        for number, item in enumerate(top.objects("people"), 1)
    )


def _levels(item: JsonObject, skill_ids: Mapping[str, int]) -> dict[int, int]:
    for name in item.data:
        if name not in skill_ids:
            raise item.wrong(name, "not a declared skill")
    return {skill_ids[name]: item.whole(name, 1, 5) for name in item.data}


def _shift(item: JsonObject) -> WeeklyShift:
    first, _, last = item.text("days").partition("-")
    start_day, end_day = day_number(first), day_number(last or first)
    if start_day is None or end_day is None:
        raise item.wrong("days", "days such as Mon-Fri or Sat are wanted")
    start, end = minute_of_day(item.text("from")), minute_of_day(item.text("to"))
    if start is None or end is None or start >= end:
        raise item.wrong("from", "a time of day before `to` is wanted, such as 08:30 to 16:30")
    zone = item.text("time_zone")
    if zone_named(zone) is None:
        raise item.wrong("time_zone", f'"{zone}" is not a time zone')
    return WeeklyShift(days_between(start_day, end_day), start, end, zone)
