"""Completions at a place in a rules file."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules_dsl import check_rules
from rules_dsl.editor.completion import Completion, complete
from tests.rules_dsl.desks import directory, rules_text

DESK = directory("forty_agents")
FILE = rules_text("forty_agents")


def completions(tail: str) -> tuple[Completion, ...]:
    text = f"{FILE}\n{tail}"
    return complete(text, len(text), DESK)


def inserts(tail: str) -> list[str]:
    return [one.insert for one in completions(tail)]


@pytest.mark.parametrize(
    ("tail", "first"),
    [
        ('rule "X"\n  w', ["when", "when anything"]),
        ('rule "X"\n  when reopened\n  o', ["or when", "order by", "offer booking only", "otherwise"]),
        ('rule "X"\n  when product a', ["product area"]),
        ('rule "X"\n  when product area is pay', ["payments", "payouts"]),
        ('rule "X"\n  when priority is at ', ["at least", "at most"]),
        ('rule "X"\n  when "', ['"big customer"', '"stuck ticket"']),
        ('rule "X"\n  when during hours ', ['"care desk"']),
        ('rule "X"\n  send to team "Inc', ['"Incident Response"']),
        ('rule "X"\n  send to team Saf', ['"Trust and Safety"']),
        ('rule "X"\n  send to team "Payments" ', [", title", ", or", ",", "or"]),
        ('rule "X"\n  send to team "Payments", title ', ['"Payments Specialist"', '"Senior Support Engineer"']),
        ('rule "X"\n  if nobody in 3 min', ["minutes", "minute"]),
        ('rule "X"\n  if nobody in 3 minutes, dr', ["drop skill", "drop preferred skills"]),
        ('rule "X"\n  order by least busy, then fewest', ["fewest calls today"]),
        ('expect "x"\n  given priority urgent, ti', ["ticket age", "tier"]),
        ('expect "x"\n  then rule "Sec', ['"Security report"']),
        ("limits\n  at most 3 calls a day f", ["day for title"]),
        ("feedback\n  follow up within 1 working day by title ", ['"Advisor"']),
        ('feedback\n  follow up within 1 working day by title "Incident Lead", then ', ["alert the team lead"]),
        ('rule "X" # a comm', []),
        ('rule "X"\n  note "any', []),
    ],
)
def test_what_can_follow(tail: str, first: list[str]) -> None:
    assert inserts(tail)[: max(1, len(first))] == first


def test_a_name_comes_with_the_number_of_people() -> None:
    (found,) = completions('rule "X"\n  send to team "Frontl')
    assert (found.kind, found.label) == ("team", "Frontline")
    assert found.detail == f"{sum(person.team == DESK.team_named('Frontline').id for person in DESK.people)} people"  # type: ignore[union-attr]


def test_a_phrase_comes_with_its_meaning() -> None:
    meanings = {one.label: one.info for one in completions('rule "X"\n  when reopened\n  ')}
    assert meanings["send to"].startswith("Whom to ask first")
    assert meanings["unless"].endswith("Comes last.")


def test_a_partial_name_is_replaced_with_its_closing_quote() -> None:
    text = 'rule "X"\n  send to team "Plat" or team "Payments"\n'
    (found,) = complete(text, text.index("Plat") + 4, DESK)
    assert text[: found.start] + found.insert + text[found.end :] == text.replace("Plat", "Platform")
    open_text = text.replace('Plat"', "Plat")
    (found,) = complete(open_text, open_text.index("Plat") + 4, DESK)
    assert open_text[: found.start] + found.insert + open_text[found.end :] == text.replace("Plat", "Platform")


def test_the_last_word_of_each_line_is_offered() -> None:
    """For every sentence of a real file that ends in a word of the language or the directory."""
    seen = 0
    for number, line in enumerate(FILE.splitlines(keepends=True)):
        words = line.split("#")[0].rstrip().rsplit(" ", 1)
        if len(words) < 2 or not words[0].strip() or words[1][0] in '"0123456789' or words[1][-1] == '"':
            continue
        start = sum(map(len, FILE.splitlines(keepends=True)[:number])) + len(words[0]) + 1
        found = complete(FILE, start, DESK)
        ends = {one.insert.split()[-1].lower() for one in found}
        assert words[1].lower() in ends or any(mark.isdigit() or mark == "/" for mark in words[1]), line
        seen += 1
    assert seen > 50


@settings(max_examples=60)
@given(st.integers(0, len(FILE)), st.text(max_size=4))
def test_any_place_of_any_text(offset: int, noise: str) -> None:
    text = FILE[:offset] + noise + FILE[offset:]
    for one in complete(text, offset + len(noise), DESK):
        assert 0 <= one.start <= offset + len(noise) <= one.end <= len(text)


def test_what_is_offered_is_valid() -> None:
    for target in inserts('rule "X"\n  send to team '):
        assert not check_rules(f'{FILE}\nrule "X"\n  when reopened\n  send to team {target}\n', DESK)[
            0
        ].code.startswith(("R1", "R2"))
