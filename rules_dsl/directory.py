"""The directory that rules are checked and evaluated against: teams, titles, skills, people, facts.

A snapshot: frozen, without a clock and without a database. Ids are those of the store it was read
from; a directory read from a JSON file (``from_json``) numbers its names in the order of the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

FactKind = Literal["choice", "count", "money", "duration", "yes/no", "tags", "moment"]
FactValue = str | int | bool | tuple[str, ...]
"""Choice: one of its values. Count: whole. Money: minor units. Duration: seconds. Tags: a sorted tuple."""
Facts = Mapping[str, FactValue]
"""What is known of a ticket and its customer, by fact name. An absent name is an unknown fact."""


@dataclass(frozen=True)
class Team:
    id: int
    name: str
    address: str
    """The mail address from which customers are written to."""
    lead_title: int | None = None
    """The title that leads the team."""


@dataclass(frozen=True)
class Title:
    id: int
    name: str


@dataclass(frozen=True)
class Skill:
    id: int
    name: str


@dataclass(frozen=True)
class FactType:
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
    name: str
    country: str
    subdivision: str | None = None


@dataclass(frozen=True)
class Directory:
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
        raise NotImplementedError
