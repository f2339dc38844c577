from __future__ import annotations

import pytest

from rules_dsl import check_rules, compile_rules, parse_rules
from rules_dsl.syntax.tree import BlockKind
from tests.rules_dsl.desks import directory, rules_text

DESKS = [
    ("small_team", "small_team"),
    ("quick", "small_team"),
    ("forty_agents", "forty_agents"),
    ("follow_the_sun", "follow_the_sun"),
]


@pytest.mark.parametrize(("name", "desk"), DESKS)
def test_example_parses_and_checks_clean(name: str, desk: str) -> None:
    text = rules_text(name)
    parsed = parse_rules(text)
    assert parsed.diagnostics == ()
    assert parsed.tree.of(BlockKind.EXPECT)
    assert check_rules(text, directory(desk)) == ()
    assert len(compile_rules(text, directory(desk)).version) == 64


def test_comments_stay_in_the_tree() -> None:
    parsed = parse_rules('# first\nrule "A" # second\n')
    assert [(comment.line, comment.column, comment.text) for comment in parsed.tree.comments] == [
        (1, 1, "# first"),
        (2, 10, "# second"),
    ]


def test_version_follows_meaning_not_spacing() -> None:
    text, desk = rules_text("small_team"), directory("small_team")
    version = compile_rules(text, desk).version
    spaced = "\n\n".join(f"   {line}  " for line in text.splitlines())
    assert compile_rules(spaced, desk).version == version
    assert compile_rules(text.replace("3 minutes", "4 minutes"), desk).version != version


def test_curly_quotes_and_capitals_are_read() -> None:
    text = rules_text("small_team")
    curly = text.replace('team "Support"', "Team “Support”").replace("send to", "Send To")
    assert check_rules(curly, directory("small_team")) == ()
