from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from rules_dsl import check_rules, render
from rules_dsl.syntax.diagnostic_catalogue import CATALOGUE
from tests.rules_dsl.desks import directory
from tests.rules_dsl.test_cases import CASES

PAGES = Path(__file__).parents[3] / "docs" / "messages"
TESTED_ELSEWHERE = {"R122", "R123", "R124", "R214", "R323", "R344"}
"""By tests of too many errors, a too large file, a NUL, and directories unlike the examples."""


def test_every_code_has_its_page_and_every_page_its_code() -> None:
    pages = {page.stem: page.read_text("utf-8") for page in PAGES.glob("R[0-9]*.md")}
    assert pages.keys() == CATALOGUE.keys()
    for code, page in pages.items():
        assert page.startswith(f"# {code}: ")
        assert f"**{CATALOGUE[code].severity}**" in page


def test_pages_show_real_diagnostics() -> None:
    """The example on a page is the diagnostic of a case, apart from the file's name."""
    diagnostics = "\n".join(
        path.read_text("utf-8").replace(f"{path.stem}.rules", "desk.rules") for path in CASES.glob("*/*.messages")
    )
    for page in PAGES.glob("R[0-9]*.md"):
        for shown in re.findall(r"```text\n(.*?)\n```", page.read_text("utf-8"), re.DOTALL):
            assert f" {page.stem}: " in shown
            assert shown in diagnostics


def test_every_code_has_a_case() -> None:
    seen = {
        code
        for path in CASES.glob("*/*.messages")
        for code in re.findall(r"^(?:error|warning) (R\d{3}):", path.read_text("utf-8"), re.MULTILINE)
    }
    assert seen | TESTED_ELSEWHERE == CATALOGUE.keys()


def codes(text: str, *, without: str) -> list[str]:
    boats = directory("small_team")
    desk = replace(
        boats,
        facts=tuple(fact for fact in boats.facts if fact.name != without),
        people=tuple(person for person in boats.people if person.team != 2) if without == "Office" else boats.people,
    )
    return [diagnostic.code for diagnostic in check_rules('rules for "x"\n' + text, desk)]


def test_an_organisation_without_product_areas() -> None:
    text = 'otherwise\n require skill of this product area\n send to team "Support"\n'
    assert codes(text, without="product area") == ["R214"]
    text = 'otherwise\n order by best CSAT on this product area\n send to team "Support"\n'
    assert codes(text, without="product area") == ["R214"]


def test_a_team_without_people() -> None:
    assert codes('otherwise\n send to team "Office"\n', without="Office") == ["R323"]


def test_a_title_to_follow_up_that_nobody_has() -> None:
    follow_up = 'feedback\n follow up within 1 working day by title "Bookkeeper", then alert the team lead\n'
    assert codes(f'otherwise\n send to team "Support"\n{follow_up}', without="Office") == ["R344"]


def test_carets_are_below_the_phrase() -> None:
    text = 'rules for "x"\notherwise\n\tsend to team "Anna Schmidt"\n'
    (diagnostic,) = check_rules(text, directory("small_team"))
    assert render(diagnostic, text, "desk.rules").splitlines() == [
        "error R202: `Anna Schmidt` is a person; rules name a team or a title, never a person",
        "  desk.rules, line 3, column 15",
        '   3 |  send to team "Anna Schmidt"',
        "     |               ^^^^^^^^^^^^^^",
        '     = Anna Schmidt is in team "Support" as "Marine Engineer"',
        '     = try: send to team "Support", title "Marine Engineer"',
    ]
