"""The formatter is canonical, verified and idempotent, and keeps comments."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules_dsl import RulesRefused, check_rules, compile_rules, format_rules, parse_rules
from rules_dsl.formatter.format import meaning_of
from rules_dsl.syntax.parse_settings import SENTENCES
from tests.rules_dsl.desks import directory, rules_text

CASES = sorted((Path(__file__).parents[1] / "cases").glob("*/*.rules"))
NAMES = ("small_team", "quick", "forty_agents", "follow_the_sun")
UNTIDY = """\ufeff# our desk

# second thought
RULES FOR “Harbor Boats support”   # a name
      time zone "Europe/Copenhagen"
HOURS "office" ARE monday TO Fri 8:30 to 16:30 and sat 09:00 to 12:00 in Europe/Copenhagen except holidays "Denmark"
  # at the end of its block
rule "Big"#no blank
\tWHEN ARR is at least 250K  # money
 and ticket age is over 90 mins
 # why not
 and product area is engine or hull, sails
   Or When tags includes "safety","night"
SEND TO team "Support", title "Marine Engineer" or "Skipper", or title "Chief", "Somebody"

IF NOBODY IN 120 seconds , Widen To team "Office" , team "Yard"
order by Least Busy then longest idle
# ---
Otherwise
offer booking only
Limits
At most 1 calls a day an agent
Keep
"""
TIDY = """# our desk

# second thought
rules for "Harbor Boats support"  # a name
  time zone Europe/Copenhagen

hours "office" are Mon to Fri 08:30 to 16:30 and Sat 09:00 to 12:00 in Europe/Copenhagen, except holidays "Denmark"
  # at the end of its block

rule "Big"  #no blank
  when ARR is at least 250k  # money
    and ticket age is over 90 minutes
    # why not
    and product area is engine, hull or sails
  or when tags include "safety" or "night"
  send to team "Support", title "Marine Engineer" or "Skipper" or title "Chief", "Somebody"
  if nobody in 120 seconds, widen to team "Office" or team "Yard"
  order by least busy, then longest idle

# ---
otherwise
  offer booking only

limits
  at most 1 call a day per agent
"""
LINES = sorted(
    {line.strip() for name in NAMES for line in rules_text(name).splitlines()}
    | {line.strip() for path in CASES for line in path.read_text("utf-8").splitlines()}
    | {sentence.example for sentences in SENTENCES.values() for sentence in sentences}
)
SPACES = st.sampled_from(["", " ", "  ", "\t", "      "])
TAILS = st.sampled_from(["", "", "", "  ", " # why", "#", " # „so“"])
WORD = st.one_of(
    st.sampled_from(["engine", "250K", "1.5m", "90 mins", "24h", "or", ",", "not", "is"]), st.text("aé#„x", min_size=1)
)
QUOTED = st.text(st.characters(exclude_characters='"“”\0\r\n', exclude_categories=["Cs"]), min_size=1, max_size=8)


@st.composite
def conditions(draw: st.DrawFn) -> str:
    value = draw(st.lists(st.one_of(WORD, QUOTED.map(lambda text: f'"{text}"')), min_size=1, max_size=4).map(" ".join))
    verb = draw(
        st.sampled_from(["is", "is not", "IS AT LEAST", "is over", "is between 1 and", "include", "do not include"])
    )
    return f"{draw(st.sampled_from(['when', 'and', 'or when', 'Unless']))} {draw(WORD)} {verb} {value}"


ANY_LINE = st.one_of(
    st.sampled_from(LINES), conditions(), st.sampled_from(['rule "A"', "when anything", "otherwise", ""])
)


def without_bad_lines(text: str) -> str:
    """The file without the lines that are not understood."""
    while diagnostics := parse_rules(text).diagnostics:
        bad = {diagnostic.line for diagnostic in diagnostics}
        text = "\n".join(line for number, line in enumerate(text.split("\n"), 1) if number not in bad)
    return text


def assert_formatted(text: str) -> None:
    formatted = format_rules(text)
    assert format_rules(formatted) == formatted
    assert meaning_of(parse_rules(formatted).tree) == meaning_of(parse_rules(text).tree)
    assert formatted == "" or (formatted.endswith("\n") and not formatted.endswith("\n\n"))
    assert "\n\n\n" not in formatted


@pytest.mark.parametrize("name", NAMES)
def test_examples_are_canonical(name: str) -> None:
    assert format_rules(rules_text(name)) == rules_text(name)


def test_an_untidy_file_becomes_tidy() -> None:
    assert format_rules(UNTIDY.removesuffix("Keep\n")) == TIDY


def test_a_file_with_a_syntax_error_is_refused_with_its_diagnostics() -> None:
    with pytest.raises(RulesRefused) as refused:
        format_rules(UNTIDY)
    assert [diagnostic.line for diagnostic in refused.value.diagnostics] == [len(UNTIDY.splitlines())]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_all_cases(path: Path) -> None:
    text = without_bad_lines(path.read_text("utf-8"))
    assert_formatted(text)
    desk = directory(path.parent.name)
    before = [diagnostic.code for diagnostic in check_rules(text, desk)]
    assert sorted(diagnostic.code for diagnostic in check_rules(format_rules(text), desk)) == sorted(before)


def test_a_verb_after_a_comma_is_no_value() -> None:
    with pytest.raises(RulesRefused, match="expected a value, found `is`"):
        format_rules('rules for "x"\ndefine "a"\n  when engine is engine , is\n')


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(SPACES, ANY_LINE, TAILS), max_size=30))
def test_any_file(lines: list[tuple[str, str, str]]) -> None:
    assert_formatted(without_bad_lines('rules for "x"\n' + "\n".join("".join(parts) for parts in lines)))


def test_formatting_keeps_the_decisions() -> None:
    text = rules_text("forty_agents").replace("  ", "\t").replace("3 minutes", "180 seconds")
    desk = directory("forty_agents")
    formatted, original = compile_rules(format_rules(text), desk), compile_rules(text, desk)
    assert [rule.steps for rule in formatted.rules] != []
    assert [[(step.after, step.kind) for step in rule.steps] for rule in formatted.rules] == [
        [(step.after, step.kind) for step in rule.steps] for rule in original.rules
    ]
