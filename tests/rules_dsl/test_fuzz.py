"""A short run of the fuzzer (`make soak` runs it for minutes), and huge or degenerate files: refused, and fast."""

from __future__ import annotations

import time
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules_dsl import RulesRefused, check_rules, draft_rules, format_rules, parse_rules
from rules_dsl.analysis.hour_classes import hour_combinations
from rules_dsl.model.decision import OpenHours
from rules_dsl.model.hours import is_open
from rules_dsl.syntax.parser import LARGEST
from tests.rules_dsl.desks import directory
from tests.rules_dsl.fuzzing import assert_sound, one_case

DESK = directory("forty_agents")
HEAD = f'rules for "{DESK.desk}"\n'
END = 'otherwise\n  send to team "Frontline"\n'
A_HANG = 20.0
"""CPU seconds, far above what any machine needs for linear work; quadratic work took minutes. The soak tests measure
actual times."""


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**48))
def test_any_mutation(seed: int) -> None:
    one_case(seed)


def full(sentence: Callable[[int], str], size: int = 100_000) -> str:
    """A file of ``size`` characters, made of one kind of sentence."""
    parts, length = [HEAD], len(HEAD)
    while length < size:
        parts.append(sentence(len(parts)))
        length += len(parts[-1])
    return "".join(parts) + END


@pytest.mark.parametrize(
    ("sentence", "codes"),
    [
        pytest.param(lambda n: f'define "d{n}"\n  when "d{n + 1}"\n', {"R207", "R319"}, id="a deep chain"),
        pytest.param(
            lambda n: f'define "d{n}"\n  when "d{n - 1}"\n', {"R207", "R319"}, id="a deep chain, from its end"
        ),
        pytest.param(lambda n: f'define "dabcdef{n}"\n  when "dabcfed{n}x"\n', {"R207"}, id="undefined names"),
        pytest.param(
            lambda n: (
                f'hours "h{n}" are Mon 08:{n % 60:02} to 17:00\n'
                f'rule "r{n}"\n  when during hours "h{n}"\n  send to team "Frontline"\n'
            ),
            {"R220"},
            id="too many hours",
        ),
        pytest.param(lambda n: f'rule "r{n}"\n', {"R305", "R306"}, id="headings alone"),
        pytest.param(lambda n: f'rule "r{n}"\n  when factt{n} is urgent\n', {"R205", "R305"}, id="undeclared facts"),
        pytest.param(lambda n: '"' * 4000 + "\n", {"R101", "R102", "R114"}, id="quotes"),
    ],
)
def test_a_hundred_kilobytes_are_refused_without_a_hang(sentence: Callable[[int], str], codes: set[str]) -> None:
    text = full(sentence)
    started = time.thread_time()
    diagnostics = check_rules(text, DESK)
    assert time.thread_time() - started < A_HANG
    assert {one.code for one in diagnostics if one.severity == "error"} <= codes
    assert diagnostics[0].line


def test_a_cycle_of_ten_thousand_definitions_is_reported_once() -> None:
    count = 10_000
    cycle = "".join(f'define "d{n}"\n  when "d{(n + 1) % count}"\n' for n in range(count))
    diagnostics = check_rules(HEAD + cycle + END, DESK)
    assert [one.code for one in diagnostics if one.severity == "error"] == ["R309"]
    assert len(diagnostics[0].text + "".join(diagnostics[0].helps)) < 2_000


def test_ten_megabytes_one_line_and_nuls_are_refused_fast() -> None:
    started = time.thread_time()
    for text, code in (
        ((HEAD + END) * 160_000, "R123"),
        ("\0" * 900_000, "R124"),
        ("a" * 900_000, "R134"),
        (HEAD + "when " * 150_000, "R134"),
        (f'{HEAD}rule "{"a" * 900_000}"', "R134"),
    ):
        assert {one.code for one in check_rules(text, DESK)} >= {code}
    assert time.thread_time() - started < A_HANG


@pytest.mark.parametrize(
    "text", ["", "\n", "\ufeff", "\r\r\n", "#", '"', "\ud800", "rule", "expect", "hours", "otherwise\0"]
)
def test_almost_empty_files(text: str) -> None:
    assert_sound(text, DESK, Random(0))
    assert draft_rules(text, DESK) is None or text


def test_a_file_whose_canonical_form_would_be_too_large_is_refused() -> None:
    keys = ", ".join(["least busy"] * 400)
    with pytest.raises(RulesRefused, match="line too long") as refused:
        format_rules(f'{HEAD}rule "A"\n\n  order by {keys}\n')
    assert [(one.code, one.line) for one in refused.value.diagnostics] == [("R134", 4)]
    head, note = f'{HEAD}rule "A"\n', f'note "{"x" * 4900}"\n'
    notes, rest = divmod(LARGEST - len(head), len(note))
    full_up = head + note * notes + "#" * rest
    assert parse_rules(full_up).diagnostics == ()
    with pytest.raises(RulesRefused, match="too large"):
        format_rules(full_up)


ZONES = ("Europe/Berlin", "America/Denver", "Asia/Kathmandu", "Pacific/Kiritimati", "America/Sao_Paulo")


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32))
def test_each_combination_of_hours_is_that_of_its_moment(seed: int) -> None:
    """One sweep over many hours gives the same states as testing each of them."""
    random = Random(seed)

    def span() -> tuple[int, int, int]:
        start, end = sorted(random.sample(range(0, 1441, 15), 2))
        return random.randrange(7), start, end

    hours = tuple(
        OpenHours(str(n), random.choice(ZONES), tuple(sorted({span() for _ in range(random.randint(0, 4))})),
                  random.choice((None, "DE")))
        for n in range(random.randint(1, 4))
    )  # fmt: skip
    for moment, state in hour_combinations(hours, "UTC"):
        assert state == tuple(is_open(one, moment) for one in hours)
