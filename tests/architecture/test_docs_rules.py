"""The page on the rules language: every example checks, and every sentence of the language stands there."""

from __future__ import annotations

import pytest

from rules_dsl import check_rules, render
from rules_dsl.model.decision import OrderKey
from rules_dsl.syntax.parse_actions import SENTENCES as ACTIONS
from rules_dsl.syntax.parse_settings import SENTENCES as SETTINGS
from rules_dsl.syntax.tree_actions import StepWord
from tests.architecture.documents import Fence, document, fences
from tests.rules_dsl.desks import directory

PAGE = document("docs/rules-language.md")
FENCES = fences(PAGE)
EXAMPLES = [fence for fence in FENCES if fence.language == "rules" and fence.words != "wrong"]
WRONG = [(fence, FENCES[place + 1]) for place, fence in enumerate(FENCES) if fence.words == "wrong"]
SMALL, LARGE = "small_team", "forty_agents"


def whole_file(fence: Fence, desk: str) -> str:
    """The example, with the heading and the last rule that every file needs where it leaves them out."""
    text = fence.text
    if not text.startswith("rules for"):
        text = f'rules for "{directory(desk).desk}"\n{text}'
    if "\notherwise" not in text:
        text += f'otherwise\n  send to team "{directory(desk).teams[0].name}"\n'
    return text


@pytest.mark.parametrize("fence", EXAMPLES, ids=lambda fence: f"line-{fence.line}")
def test_an_example_checks_clean(fence: Fence) -> None:
    desk = fence.words or SMALL
    text = whole_file(fence, desk)
    assert [render(message, text, "example") for message in check_rules(text, directory(desk))] == []


@pytest.mark.parametrize(("fence", "shown"), WRONG, ids=lambda fence: f"line-{fence.line}")
def test_a_wrong_example_says_what_stands_below_it(fence: Fence, shown: Fence) -> None:
    text = whole_file(fence, SMALL)
    said = [render(message, text, "desk.rules") for message in check_rules(text, directory(SMALL))]
    assert "\n".join(said).strip() == shown.text.strip()


def test_there_are_examples() -> None:
    assert {fence.words for fence in EXAMPLES} == {"", LARGE}
    assert WRONG


def test_every_sentence_stands_on_the_page() -> None:
    action_sentences = [" ".join(words) for words in ACTIONS]
    settings = [key for sentences in SETTINGS.values() for key in (_fixed(one.pattern) for one in sentences)]
    steps = [step.value for step in StepWord]
    missing = [
        said for said in (*action_sentences, *settings, *steps, *(key.value for key in OrderKey)) if said not in PAGE
    ]
    assert missing == []


def _fixed(pattern: str) -> str:
    """The words of a sentence before its first gap, or behind it where it begins with one."""
    before, _, behind = pattern.partition("{")
    return before.strip() or behind.partition("}")[2].strip()
