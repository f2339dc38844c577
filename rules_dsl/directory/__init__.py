"""The directory: the teams, titles, skills, people and facts that rules can name."""

from rules_dsl.directory.directory import (
    Directory,
    FactKind,
    Facts,
    FactType,
    FactValue,
    HolidayCalendar,
    Person,
    Skill,
    Team,
    Title,
    WeeklyShift,
)

__all__ = [
    "Directory",
    "FactKind",
    "FactType",
    "FactValue",
    "Facts",
    "HolidayCalendar",
    "Person",
    "Skill",
    "Team",
    "Title",
    "WeeklyShift",
]
