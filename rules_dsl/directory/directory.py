"""The directory that rules are checked and evaluated against: teams, titles, skills, people, facts.

A frozen snapshot, independent of clock and database. Ids come from the store; a directory from a JSON file
(``from_json``) numbers its names in file order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from rules_dsl.directory.fact_types import MOST_FACTS, fact_type_problem
from rules_dsl.model.clock_words import day_number, days_between, minute_of_day, zone_named
from rules_dsl.model.json_fields import JsonObject

FactKind = Literal["choice", "count", "money", "duration", "yes/no", "tags", "moment"]
FactValue = str | int | bool | tuple[str, ...]
"""Choice: one of its values. Count: a whole number. Money: minor units. Duration: seconds. Tags: a sorted tuple."""
Facts = Mapping[str, FactValue]
"""The known facts of a ticket and its customer, by name. An absent fact is unknown."""


@dataclass(frozen=True)
class Team:
    """People who work together and share an email address."""

    id: int
    name: str
    address: str
    """The sender address of emails to customers."""
    lead_title: int | None = None
    """The title of the people who lead the team."""


@dataclass(frozen=True)
class Title:
    """A job title."""

    id: int
    name: str


@dataclass(frozen=True)
class Skill:
    """Something that a person can do, at a level."""

    id: int
    name: str


@dataclass(frozen=True)
class FactType:
    """A declared fact: its type and, for a choice, its values."""

    name: str
    kind: FactKind
    values: tuple[str, ...] = ()
    ordered: bool = False
    may_be_missing: bool = True


@dataclass(frozen=True)
class WeeklyShift:
    """Weekly working hours in the shift's own time zone, end excluded, in minutes from midnight (0 to 1440)."""

    days: tuple[int, ...]
    """0 is Monday."""
    start_minute: int
    end_minute: int
    time_zone: str


@dataclass(frozen=True)
class Person:
    """A member of the organisation."""

    id: int
    name: str
    email: str
    team: int
    title: int
    skills: Mapping[int, int] = field(default_factory=dict)
    """Levels from 1 to 5, keyed by skill id."""
    languages: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    shifts: tuple[WeeklyShift, ...] = ()


@dataclass(frozen=True)
class HolidayCalendar:
    """A name for the holidays of a country, or of one of its states or provinces."""

    name: str
    country: str
    subdivision: str | None = None


@dataclass(frozen=True)
class Directory:
    """Everything that rules can name."""

    desk: str
    """The organisation's name."""
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
        """Read JSON as in ``examples/*.directory.json``. Raises a ``ValueError`` that names the invalid field."""
        top = JsonObject(data)
        teams, titles, skills = _teams(top), _titles(top), _skills(top)
        zone = top.text("time_zone")
        if zone_named(zone) is None:
            raise top.error("time_zone", f'"{zone}" is not a time zone')
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
            raise item.error("name", f'duplicate team "{name}"')
        lead = item.one_of("lead_title", titles) if item.data.get("lead_title") is not None else None
        teams.append(Team(number, name, item.text("address"), lead))
    return tuple(teams)


def read_fact_types(top: JsonObject) -> tuple[FactType, ...]:
    """Read the vocabulary under the key ``facts``. Raises a ``ValueError`` that names the invalid field."""
    found: list[FactType] = []
    for name, item in top.mapping("facts").members():
        if len(found) == MOST_FACTS:
            raise top.error("facts", f"the limit is {MOST_FACTS} facts")
        found.append(_fact(name, item, [fact.name for fact in found]))
    return tuple(found)


def _fact(name: str, item: JsonObject, others: list[str]) -> FactType:
    kind = item.text("type")
    for declared_kind in get_args(FactKind):
        if kind == declared_kind:
            values, ordered = item.texts("values"), item.flag("ordered", False)
            problem = fact_type_problem(name, kind, values, ordered, others)
            if problem is not None and problem.field == "name":
                raise ValueError(f"{item.path}: {problem.reason}")
            if problem is not None:
                raise item.error(problem.field, problem.reason)
            return FactType(name, declared_kind, values, ordered, item.flag("may_be_missing", True))
    raise item.error("type", f'expected one of {", ".join(get_args(FactKind))}, found "{kind}"')


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
            raise item.error(name, "unknown skill")
    return {skill_ids[name]: item.whole(name, 1, 5) for name in item.data}


def _shift(item: JsonObject) -> WeeklyShift:
    first, _, last = item.text("days").partition("-")
    start_day, end_day = day_number(first), day_number(last or first)
    if start_day is None or end_day is None:
        raise item.error("days", "expected days such as Mon-Fri or Sat")
    start, end = minute_of_day(item.text("from")), minute_of_day(item.text("to"))
    if start is None or end is None or start >= end:
        raise item.error("from", "expected a time of day before `to`, such as 08:30 to 16:30")
    zone = item.text("time_zone")
    if zone_named(zone) is None:
        raise item.error("time_zone", f'"{zone}" is not a time zone')
    return WeeklyShift(days_between(start_day, end_day), start, end, zone)
