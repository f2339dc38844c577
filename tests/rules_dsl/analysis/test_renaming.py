"""A rename changes every use of the name and nothing else, and no decision."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rules_dsl import Directory, compare_rules, compile_rules, format_rules
from rules_dsl.analysis.rename import (
    NameKind,
    is_area_skill,
    name_uses,
    rename,
    replace_name,
    same_decisions,
    uses_area_skills,
)
from tests.rules_dsl.desks import EXAMPLES, directory, rules_text

DESKS = sorted(path.stem for path in EXAMPLES.glob("*.rules"))


def desk(name: str) -> tuple[str, Directory]:
    return rules_text(name), directory("small_team" if name == "quick" else name)


def renamed(directory: Directory, kind: NameKind, was: str, becomes: str) -> Directory:
    match kind:
        case "team":
            changed = tuple(replace(one, name=becomes) if one.name == was else one for one in directory.teams)
            return replace(directory, teams=changed)
        case "title":
            titles = tuple(replace(one, name=becomes) if one.name == was else one for one in directory.titles)
            return replace(directory, titles=titles)
        case "skill":
            skills = tuple(replace(one, name=becomes) if one.name == was else one for one in directory.skills)
            return replace(directory, skills=skills)


@pytest.mark.parametrize("name", DESKS)
def test_no_decision_changes_whatever_is_renamed(name: str) -> None:
    text, people = desk(name)
    before = compile_rules(text, people)
    names: list[tuple[NameKind, str]] = [("team", one.name) for one in people.teams]
    names += [("title", one.name) for one in people.titles]
    names += [("skill", one.name) for one in people.skills if not is_area_skill(people, one.name)]
    count = 0
    for kind, was in names:
        after_directory = renamed(people, kind, was, f"The new {was}")
        new = rename(text, kind, was, f"The new {was}")
        after = compile_rules(new, after_directory)
        assert same_decisions(before, after), (kind, was)
        assert compare_rules(before, after).moves == ()
        uses = name_uses(text, kind, was)
        count += len(uses)
        assert [use.line for use in name_uses(new, kind, f"The new {was}")] == [use.line for use in uses]
        assert name_uses(new, kind, was) == ()
        assert (new == text) == (not uses)
        assert rename(new, kind, f"The new {was}", was) == format_rules(text)
    assert count > 0


def test_every_use_and_nothing_else() -> None:
    text = """rules for "Desk"
  time zone Europe/Copenhagen
  currency EUR

by default
  if nobody in 3 minutes, widen to team "Office"

rule "Office"  # the Office
  when tags include "Office"
  send to team “Office”, title "Office" or "Bookkeeper"
  require skill "Office"
  prefer skill "Office" or skill "diesel"
  if nobody in 5 minutes, drop skill "Office"
  note "Office"

otherwise
  send to team "Support"

limits
  at most 2 calls a day for title "Office"

expect "Office"
  given tags "Office"
  then team "Office"
  after 6 minutes also team "Office", title "Office"
"""
    lines: dict[NameKind, list[int]] = {"team": [6, 10, 24, 25], "title": [10, 20, 25], "skill": [11, 12, 13]}
    for kind, found in lines.items():
        assert [place.line for place in name_uses(text, kind, "Office")] == found
        changed = replace_name(text, kind, "Office", "Back office").split("\n")
        differ = [
            number for number, (old, new) in enumerate(zip(text.split("\n"), changed, strict=True), 1) if old != new
        ]
        assert differ == found
    assert 'send to team "Back office", title "Office" or' in replace_name(text, "team", "Office", "Back office")
    assert name_uses(text, "team", "Office")[0].text == 'if nobody in 3 minutes, widen to team "Office"'


def test_an_unfinished_draft_keeps_every_other_character() -> None:
    draft = '# mine\r\nrule "A"\r\n    when priorty is urgent\r\n'
    draft += '     send  to team "Office" ,title "Bookkeeper"\r\n   send to\r\n'
    changed = replace_name(draft, "team", "Office", "Back office")
    assert changed == draft.replace("\r\n", "\n").replace('"Office"', '"Back office"')
    assert replace_name(draft, "team", "Harbour", "x") == draft


def test_a_skill_that_a_product_area_finds_by_its_name() -> None:
    text, people = desk("follow_the_sun")
    before = compile_rules(text, people)
    assert uses_area_skills(before)
    area = next(one.name for one in people.skills if is_area_skill(people, one.name))
    after_directory = renamed(people, "skill", area, "Something else")
    after = compile_rules(rename(text, "skill", area, "Something else"), after_directory)
    assert not same_decisions(before, after)


def test_other_rules_decide_differently() -> None:
    text, people = desk("small_team")
    before = compile_rules(text, people)
    for old, new in (
        ("at most 5 calls", "at most 6 calls"),
        ("is urgent", "is high"),
        ("if nobody in 3", "if nobody in 2"),
    ):
        assert old in text
        assert not same_decisions(before, compile_rules(text.replace(old, new), people))
