from __future__ import annotations

import copy
import json
import re
from typing import Any

import pytest

from rules_dsl import Directory
from rules_dsl.directory import WeeklyShift
from tests.rules_dsl.desks import EXAMPLES, directory


def raw() -> dict[str, Any]:
    data: dict[str, Any] = json.loads((EXAMPLES / "small_team.directory.json").read_text("utf-8"))
    return copy.deepcopy(data)


def test_ids_follow_the_order_of_the_file() -> None:
    boats = directory("small_team")
    assert [(team.id, team.name) for team in boats.teams] == [(1, "Support"), (2, "Office")]
    assert [person.id for person in boats.people] == [1, 2, 3, 4, 5, 6]
    miguel = boats.people[1]
    assert (miguel.team, miguel.title, dict(miguel.skills)) == (1, 3, {1: 5})
    assert miguel.shifts[1] == WeeklyShift((5, 6), 1080, 1440, "Europe/Copenhagen")
    assert boats.teams[0].lead_title == 3


@pytest.mark.parametrize("desk", ["small_team", "forty_agents", "follow_the_sun"])
def test_examples_are_read(desk: str) -> None:
    assert directory(desk).people


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        (("desk",), "", "desk"),
        (("time_zone",), "Europe/Nowhere", "time_zone"),
        (("teams",), {}, "teams"),
        (("teams", 1, "name"), "Support", "teams[1].name"),
        (("teams", 0, "lead_title"), "Captain", "teams[0].lead_title"),
        (("titles",), ["a", "a"], "titles"),
        (("facts", "priority", "type"), "number", "facts.priority.type"),
        (("facts", "priority", "values"), [], "facts.priority.values"),
        (("facts", "tags", "may_be_missing"), "no", "facts.tags.may_be_missing"),
        (("people", 2, "team"), "Harbor", "people[2].team"),
        (("people", 2, "skills"), {"diesel": 6}, "people[2].skills.diesel"),
        (("people", 2, "skills"), {"cooking": 1}, "people[2].skills.cooking"),
        (("people", 2, "shifts", 0, "days"), "Mon-Fry", "people[2].shifts[0].days"),
        (("people", 2, "shifts", 0, "to"), "07:00", "people[2].shifts[0].from"),
        (("people", 2), 3, "people[2]"),
    ],
)
def test_a_wrong_field_is_named(path: tuple[str | int, ...], value: object, field: str) -> None:
    data = raw()
    place: Any = data
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(ValueError, match=f"^{re.escape(field)}: "):
        Directory.from_json(data)
