"""Advice is right: whatever a diagnostic or its page proposes is applied and checked again."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rules_dsl import Diagnostic, check_rules, quick_fixes
from tests.rules_dsl.desks import HEAD, directory

PAGES = Path(__file__).parents[3] / "docs" / "messages"
DESK = "forty_agents"


def file_with(line: str) -> str:
    """A file whose rule has this line: a condition before the target, any other line after it."""
    condition = re.match("when|and|unless", line) is not None
    lines = ["when reopened", line] if not line.startswith("when") else [line]
    if condition or "send to" not in line:
        lines.insert(len(lines) if condition else 1, 'send to team "Frontline"')
    body = "\n".join(f"  {one}" for one in lines)
    return f'rules for "Ledgerly"\n\nrule "A"\n{body}\n\notherwise\n  send to team "Frontline"\n'


def error_of(text: str) -> Diagnostic:
    (error,) = (one for one in check_rules(text, directory(DESK)) if one.severity == "error")
    return error


@pytest.mark.parametrize(
    ("line", "corrected"),
    [
        ("when product area is api and webhooks", "when product area is api or webhooks"),
        ("when priority is not low and not normal", "when priority is not low or normal"),
        ("when given priority = urgent", "when priority is urgent"),
        ("when ARR is at least 1,5M", "when ARR is at least 1.5M"),
        ("when ARR is greater than 250k", "when ARR is over 250k"),
        ("when ARR is greater than or equal to 250k", "when ARR is at least 250k"),
        ("when priority is higher than normal", "when priority is over normal"),
        ("when priority isn't low", "when priority is not low"),
        ("when tier is business or above", "when tier is at least business"),
        ("when replies is 3 or more", "when replies is at least 3"),
        ('when tags don’t include "spam"', 'when tags do not include "spam"'),
        ('when tags contain "spam"', 'when tags include "spam"'),
        ("send to team 'Platform'", 'send to team "Platform"'),
        ("send to frontline", 'send to team "Frontline"'),
        ("send to the Frontline team", 'send to team "Frontline"'),
        ("send to agent Miguel", 'send to team "Platform", title "Principal Engineer"'),
        ('send to team "Miguel"', 'send to team "Platform", title "Principal Engineer"'),
        ("if no one in 5 minutes, offer booking", "if nobody in 5 minutes, offer booking"),
        ("if nobody answers within 5 minutes, offer booking", "if nobody in 5 minutes, offer booking"),
        ("when prіority is urgent", "when priority is urgent"),
    ],
)
def test_the_first_quick_fix_leaves_no_error(line: str, corrected: str) -> None:
    text = file_with(line)
    fix = quick_fixes(text, error_of(text))[0]
    fixed = text[: fix.start] + fix.replacement + text[fix.end :]
    assert fixed == file_with(corrected)
    assert [one for one in check_rules(fixed, directory(DESK)) if one.severity == "error"] == []


@pytest.mark.parametrize("line", ["send to agent Miguel", 'send to "miguel"', "send to Miguel Torres"])
def test_somebody_is_recognized_by_a_part_of_the_name(line: str) -> None:
    assert error_of(file_with(line)).code == "R202"


def test_a_look_alike_letter_is_named() -> None:
    error = error_of(file_with('send to team "Frоntline"'))
    assert error.helps[-1] == "in `Frоntline`, `о` is not a Latin letter, but a cyrillic small letter o"


@pytest.mark.parametrize(
    ("line", "example"), [("send to team", 'send to team "Payments"'), ("require", 'require skill "SEPA"')]
)
def test_examples_name_teams_and_skills_of_the_organisation(line: str, example: str) -> None:
    assert error_of(file_with(line)).helps == (f"for example: {example}",)


def proposals() -> list[tuple[str, str]]:
    found = []
    for page in sorted(PAGES.glob("R[0-9]*.md")):
        blocks = re.findall(r"```rules\n(.*?)\n```", page.read_text("utf-8"), re.DOTALL)
        found += [(page.stem, block) for block in blocks]
    return found


def places(block: str) -> list[str]:
    """Files in which the block may stand: as blocks of their own, as lines of a rule, of settings, of an example."""
    lines = "\n".join(f"  {line}" for line in block.splitlines())
    end = '\notherwise\n  send to team "{team}"\n'
    names = 'hours "office" are Mon to Fri 08:30 to 16:30\n' + "".join(
        f'define "{name}"\n  when reopened\n' for name in ("big", "again")
    )
    rule = f'{HEAD}{names}rule "A"\n'
    then = f'{HEAD}{names}rule "Invoices"\n  when reopened\n  send to team "{{team}}"{end}expect "x"\n'
    sections = ("limits", "booking", "calls", "reminders", "feedback", "links")
    return [
        f"{block}{end}", f"{HEAD}{block}{end}", f"{HEAD}{block}\n", f"{HEAD}{lines}{end}",
        f'{HEAD}{block}\n  when reopened\n  send to team "{{team}}"{end}',
        f"{rule}{lines}{end}", f'{rule}{lines}\n  send to team "{{team}}"{end}',
        f'{rule}  when priority is low\n{lines}\n  send to team "{{team}}"{end}',
        f"{rule}  when priority is low\n{lines}{end}",
        f'{rule}  when priority is low\n  send to team "{{team}}"\n  require skill "diesel"\n{lines}{end}',
        *(f"{HEAD}{end}{section}\n{lines}\n" for section in sections),
        f"{then}  given reopened\n{lines}\n", f"{then}{lines}\n  then otherwise\n",
    ]  # fmt: skip


@pytest.mark.parametrize(("code", "block"), proposals(), ids=lambda value: value if value[:1] == "R" else "")
def test_what_a_page_proposes_is_right(code: str, block: str) -> None:
    found = []
    for desk, team in (("small_team", "Support"), ("forty_agents", "Frontline")):
        for text in places(block):
            filled = text.replace("{team}", team)
            errors = [one for one in check_rules(filled, directory(desk)) if one.severity == "error"]
            if not errors:
                return
            found.append((desk, filled, errors[0].text))
    raise AssertionError((code, block, found))
