"""The fast path for plain lines gives the same result as parsing them token by token."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules_dsl.syntax.fast_conditions import plain_condition
from rules_dsl.syntax.headings import open_block, plain_heading
from rules_dsl.syntax.parse_conditions import lead_of, when_sentence
from rules_dsl.syntax.tokens import read_line
from tests.rules_dsl.desks import rules_text

DESKS = ("small_team", "forty_agents", "follow_the_sun")
LINES = tuple(dict.fromkeys(line for name in DESKS for line in rules_text(name).splitlines()))
LEADS = st.sampled_from(("when", "and", "or when", "unless", "When", "or", "rule", ""))
PARTS = st.sampled_from(
    (
        *(
            "is",
            "are",
            "not",
            "or",
            "and",
            "at",
            "at least",
            "at most",
            "over",
            "under",
            "more than",
            "between",
            "known",
        ),
        *("unknown", "include", "do not include", "IS", "Or", "Not", "anything", "during hours", "priority", "urgent"),
        *(
            "product area",
            "ARR",
            "250k",
            "3 days",
            "15%",
            "ticket's",
            "isn't",
            "islands",
            "is,",
            ">=",
            "2",
            "a/b",
            '"x"',
        ),
        *(
            '""',
            '"a  b"',
            "“x”",
            "#",
            "# so",
            ",",
            "é",
            "İ",
            "ß",
            "\u2028",
            "\ufeff",
            "rule",
            "define",
            "expect",
            "never",
        ),
    )
)
SPACES = st.sampled_from((" ", " ", " ", " ", "  ", "\t", ""))


def assert_same(raw: str) -> bool:
    """Compare both readings of a line; returns whether it is plain."""
    line = read_line(7, raw)
    condition, heading = plain_condition(raw), plain_heading(7, raw)
    if condition is not None:
        assert lead_of(line) is condition.lead
        assert open_block(line, None) is None
        assert repr(when_sentence(raw)) == repr(condition)
    if heading is not None:
        opened = open_block(line, None)
        assert opened is not None
        assert opened.heading_error is None
        assert opened.block() == heading.block()
    return condition is not None or heading is not None


@settings(max_examples=600, deadline=None)
@given(LEADS, st.lists(st.tuples(SPACES, PARTS), max_size=8), SPACES)
def test_both_readings_agree(lead: str, parts: list[tuple[str, str]], end: str) -> None:
    assert_same(lead + "".join(space + part for space, part in parts) + end)


@pytest.mark.parametrize("name", DESKS)
def test_both_readings_agree_on_whole_files(name: str) -> None:
    plain = [line for line in rules_text(name).splitlines() if assert_same(line)]
    assert plain


def test_which_lines_are_plain() -> None:
    plain = (
        "when priority is urgent", "  and product area is not engine or hull", "or when replies is at least 8",
        "unless not reopened", "and ticket age is under 3 days  ", "when reopened",
        'rule "Urgent"', 'define "a b"', ' expect "x # y"',
    )  # fmt: skip
    assert all(assert_same(line) for line in plain)
    not_plain = (
        "when anything", "when priority  is urgent", "when priority is", "when priority is known", 'when "big"',
        "when priority is urgent and reopened", "when not priority is urgent", 'rule ""', 'rule "x" y', "when a >= b",
        "when priority is urgent # now", "during hours", 'hours "x"', "when priority is at least low or high",
    )  # fmt: skip
    assert not any(assert_same(line) for line in not_plain)
