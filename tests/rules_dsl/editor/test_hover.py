"""Hover texts: every phrase of the language has its meaning."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rules_dsl.editor.hover import hover
from rules_dsl.editor.meanings import MEANINGS, meaning
from rules_dsl.model.decision import OrderKey
from rules_dsl.syntax import parse_settings
from rules_dsl.syntax.parse_actions import SENTENCES
from rules_dsl.syntax.tree import BlockKind
from rules_dsl.syntax.tree_actions import StepWord
from rules_dsl.syntax.tree_conditions import Lead
from tests.rules_dsl.desks import directory, rules_text

DESK = directory("forty_agents")
FILE = rules_text("forty_agents")


def test_every_phrase_of_the_language_has_a_meaning() -> None:
    phrases = [*(key.value for key in OrderKey), *(step.value for step in StepWord), *(lead.value for lead in Lead)]
    phrases += [" ".join(words) for words in SENTENCES if words != ("no", "call")]
    phrases += [kind.value for kind in parse_settings.SENTENCES if kind is not BlockKind.HEAD]
    assert [phrase for phrase in phrases if not meaning(phrase)] == []
    assert all(phrase == phrase.lower() for phrase in MEANINGS)


def hovered(phrase: str, inside: int = 0) -> str:
    found = hover(FILE, FILE.index(phrase) + inside, DESK)
    assert found is not None
    return f"{FILE[found.start : found.end]} = {found.text}"


def test_the_longest_phrase_is_explained() -> None:
    assert hovered("if nobody in", 4).startswith("if nobody in = A step of the search")
    assert hovered("best CSAT on this product area", 3).startswith("best CSAT on this product area = ")
    assert hovered("product area is payments", 9).startswith("product area = product area: one of a list: payments")
    assert hovered('"Incident Response"', 5).startswith('"Incident Response" = team Incident Response: ')
    assert hover(FILE, 3, DESK) is None, "a comment"


@given(st.integers(-1, len(FILE) + 1))
def test_any_place(offset: int) -> None:
    found = hover(FILE, offset, DESK)
    assert found is None or (found.start <= offset < found.end and found.text)
