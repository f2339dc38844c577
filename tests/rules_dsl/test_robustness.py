"""No text breaks the language: there is always a tree, and diagnostics point into the text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules_dsl import RulesRefused, check_rules, compile_rules, parse_rules, render
from rules_dsl.editor.completion import complete
from rules_dsl.syntax.parser import LARGEST, MOST_DIAGNOSTICS
from rules_dsl.syntax.tree import BlockKind
from tests.rules_dsl.desks import directory, rules_text

WORDS = sorted({word for name in ("small_team", "forty_agents", "follow_the_sun") for word in rules_text(name).split()})
PIECES = st.one_of(st.sampled_from([*WORDS, "\n", "\n  ", '"', ",", "#", "(", "=="]), st.text(max_size=6))
LINES = st.sampled_from(rules_text("follow_the_sun").splitlines() + rules_text("small_team").splitlines())


def assert_sound(text: str) -> None:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for diagnostic in check_rules(text, directory("follow_the_sun")):
        assert 1 <= diagnostic.line <= len(lines)
        assert 1 <= diagnostic.column <= len(lines[diagnostic.line - 1]) + 1
        assert diagnostic.length >= 1
        assert diagnostic.code in render(diagnostic, text, "desk.rules")


@given(st.text())
def test_any_text(text: str) -> None:
    assert_sound(text)


@settings(max_examples=300)
@given(st.lists(PIECES, max_size=40))
def test_words_of_the_language_in_any_order(pieces: list[str]) -> None:
    assert_sound(" ".join(pieces))


@settings(max_examples=100)
@given(st.lists(LINES, max_size=40))
def test_lines_of_the_language_in_any_order(lines: list[str]) -> None:
    assert_sound("\n".join(lines))


def test_a_truncated_line_gives_at_most_one_syntax_error() -> None:
    for line in rules_text("forty_agents").splitlines():
        for end in range(len(line)):
            parsed = parse_rules('rules for "x"\nrule "A"\n' + line[:end])
            assert len(parsed.diagnostics) <= 1


def test_too_large_a_file_is_refused() -> None:
    (diagnostic,) = parse_rules("#" * (LARGEST + 1)).diagnostics
    assert (diagnostic.code, diagnostic.line, diagnostic.column) == ("R123", 1, 1)
    assert [diagnostic.code for diagnostic in parse_rules("#" + "é" * (LARGEST // 2)).diagnostics] == ["R123"]
    with pytest.raises(RulesRefused, match="too large"):
        compile_rules("# æ" * LARGEST, directory("small_team"))


def test_a_diagnostic_about_a_whole_file_points_at_its_beginning() -> None:
    for text, at in (("", (1, 1)), ("\n\n# soon\n", (1, 1)), ('\n  define "a"\n    when reopened\n', (2, 3))):
        found = check_rules(text, directory("small_team"))
        assert {diagnostic.code for diagnostic in found} == {"R301", "R314"}
        assert {(diagnostic.line, diagnostic.column) for diagnostic in found} == {at}


def test_a_misspelled_heading_without_its_name_opens_its_block() -> None:
    text = 'rules for "x"\nrul ""\n  when reopened\n  '
    parsed = parse_rules(text)
    assert [(diagnostic.code, diagnostic.line) for diagnostic in parsed.diagnostics] == [("R113", 2)]
    assert [block.kind for block in parsed.tree.blocks] == [BlockKind.HEAD, BlockKind.RULE]
    assert "and" in [one.label for one in complete(text, len(text), directory("small_team"))]


def test_a_nul_is_pointed_at() -> None:
    (diagnostic,) = parse_rules("rules for\n  x\0y").diagnostics
    assert (diagnostic.code, diagnostic.line, diagnostic.column) == ("R124", 2, 4)


def test_parsing_stops_after_many_errors() -> None:
    found = parse_rules('rule "A"\n' + "be nice\n" * 100_000).diagnostics
    assert len(found) == MOST_DIAGNOSTICS + 1
    assert (found[-1].code, found[-1].line) == ("R122", MOST_DIAGNOSTICS + 2)
