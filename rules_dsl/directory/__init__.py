"""What rules may name: teams, titles, skills, people and facts."""

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
