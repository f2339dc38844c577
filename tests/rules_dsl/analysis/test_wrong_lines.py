"""What people write who have never programmed, and the line that the first diagnostic proposes."""

from __future__ import annotations

import pytest

from rules_dsl import check_rules, quick_fixes
from tests.rules_dsl.desks import directory

DESK = "forty_agents"
HEAD = 'rules for "Ledgerly customer care"\n'
END = 'otherwise\n  send to team "Frontline"\n'
RULE = f'{HEAD}\nrule "A"\n{{line}}\n  send to team "Payments"\n\n{END}'
ACTION = f'{HEAD}\nrule "A"\n  when reopened\n  send to team "Payments"\n{{line}}\n\n{END}'
TARGET = f'{HEAD}\nrule "A"\n  when reopened\n{{line}}\n\n{END}'
ALONE = f'{HEAD}\nrule "A"\n{{line}}\n\n{END}'
BLOCK = f"{HEAD}\n{{line}}\n\n{END}"
LIMITS, BOOKING = (f"{HEAD}\n{END}\n{section}\n{{line}}\n" for section in ("limits", "booking"))
EXAMPLE = f'{HEAD}\nrule "A"\n  when reopened\n  send to team "Payments"\n\n{END}\nexpect "x"\n{{line}}\n'

CASES = [
    (RULE, "if priority is urgent", "when priority is urgent"),
    (RULE, "where priority = 'urgent'", 'when priority is "urgent"'),
    (RULE, "when: priority is urgent", "when priority is urgent"),
    (RULE, "- when reopened", "when reopened"),
    (RULE, "when urgent is priority", "when priority is urgent"),
    (RULE, "when incident tickets", "when issue type is incident"),
    (RULE, "when customer is strategic", "when tier is strategic"),
    (RULE, "when customer's tier is strategic", "when tier is strategic"),
    (RULE, "when area is payments", "when product area is payments"),
    (RULE, "when the ticket is reopened", "when reopened"),
    (RULE, "when number of replies is over 5", "when replies is over 5"),
    (RULE, "when more than 3 replies", "when replies is over 3"),
    (RULE, "when replies is 3+", "when replies is at least 3"),
    (RULE, "when priority in (high, urgent)", "when priority is high, urgent"),
    (RULE, "when tier is one of business, strategic", "when tier is business, strategic"),
    (RULE, "when tier is either business or strategic", "when tier is business or strategic"),
    (RULE, "when tier does not equal free", "when tier is not free"),
    (RULE, "when priority is high or higher", "when priority is at least high"),
    (RULE, "when ARR >250k", "when ARR is over 250k"),
    (RULE, "when ARR is over 1 million", "when ARR is over 1M"),
    (RULE, "when ARR between 50k and 100k", "when ARR is between 50k and 100k"),
    (RULE, "when ARR is not blank", "when ARR is known"),
    (RULE, "when ticket age older than 3 days", "when ticket age is over 3 days"),
    (RULE, "when ticket is older than a week", "when ticket age is over 1 week"),
    (RULE, "when ticket age is over 24 hrs", "when ticket age is over 24 hours"),
    (RULE, "when language is Deutsch", "when language is german"),
    (RULE, 'when tagged "vip"', 'when tags include "vip"'),
    (RULE, "when tags include vip, press", 'when tags include "vip", "press"'),
    (RULE, "when always", "when anything"),
    (RULE, "when priority is high && tier is free", "when priority is high\n  and tier is free"),
    (RULE, "when AND(priority = high, tier = free)", "when priority is high\n  and tier is free"),
    (ALONE, 'when reopened → send to team "Payments"', 'when reopened\n  send to team "Payments"'),
    (TARGET, 'assign it to team "Payments"', 'send to team "Payments"'),
    (TARGET, 'route to "Payments"', 'send to team "Payments"'),
    (TARGET, 'send to teams "Payments"', 'send to team "Payments"'),
    (TARGET, "send to payments team or platform team", 'send to team "Payments" or team "Platform"'),
    (TARGET, 'send to team "Payments" and "Platform"', 'send to team "Payments" or team "Platform"'),
    (TARGET, 'send to title "Advisor" in team "Payments"', 'send to team "Payments", title "Advisor"'),
    (TARGET, 'send to anyone in team "Payments"', 'send to team "Payments"'),
    (TARGET, 'send to team "Payments" with skill "SEPA"', 'send to team "Payments"\n  require skill "SEPA"'),
    (TARGET, "send to team ‘Payments’", 'send to team "Payments"'),
    (ACTION, "// a comment", "# a comment"),
    (ACTION, 'require skill "SEPA" at least level 2', 'require skill "SEPA" at level 2'),
    (ACTION, "require German", "require the customer's language"),
    (ACTION, 'prioritise skill "SEPA"', 'prefer skill "SEPA"'),
    (ACTION, "order by least busy and longest idle", "order by least busy, then longest idle"),
    (ACTION, 'after 5 minutes, widen to team "Platform"', 'if nobody in 5 minutes, widen to team "Platform"'),
    (ACTION, "if not answered in five minutes, offer booking", "if nobody in 5 minutes, offer booking"),
    (ACTION, "if nobody in 0,5 hours, offer booking", "if nobody in 0.5 hours, offer booking"),
    (ACTION, "if nobody in 5 minutes offer booking", "if nobody in 5 minutes, offer booking"),
    (ACTION, "if nobody in 5 minutes, notify the manager", "if nobody in 5 minutes, alert the duty manager"),
    (ACTION, "booking only", "offer booking only"),
    (ACTION, "note: be nice", 'note "be nice"'),
    (BLOCK, 'hours "desk" are Mon–Fri 9–17', 'hours "desk" are Mon to Fri 09:00 to 17:00'),
    (BLOCK, 'hours "desk" are weekdays 8:30am to 5pm', 'hours "desk" are Mon to Fri 08:30 to 17:00'),
    (BLOCK, 'hours "desk" are 24/7', 'hours "desk" are Mon to Sun 00:00 to 24:00'),
    (
        BLOCK, 'hours "desk" are Monday, Tuesday 09:00 to 17:00',
        'hours "desk" are Mon 09:00 to 17:00 and Tue 09:00 to 17:00',
    ),
    (
        BLOCK, 'hours "desk" are Mon to Fri 22:00 to 06:00',
        'hours "desk" are Mon to Fri 22:00 to 24:00 and Tue to Sat 00:00 to 06:00',
    ),
    (LIMITS, "max 5 calls per day", "at most 5 calls a day per agent"),
    (LIMITS, "10 minutes between calls", "at least 10 minutes between calls"),
    (BOOKING, "slot length half an hour", "slots of 30 minutes"),
    (BOOKING, "notice of next business day", "notice of 1 working day"),
    (EXAMPLE, 'should go to team "Frontline"', 'then team "Frontline"'),
]  # fmt: skip


@pytest.mark.parametrize(("file", "line", "corrected"), CASES, ids=[line for _, line, _ in CASES])
def test_the_line_that_was_meant_is_proposed(file: str, line: str, corrected: str) -> None:
    text = file.replace("{line}", f"  {line}")
    first = next(one for one in check_rules(text, directory(DESK)) if one.severity == "error")
    assert line in text.splitlines()[first.line - 1]
    fix = quick_fixes(text, first)[0]
    fixed = text[: fix.start] + fix.replacement + text[fix.end :]
    assert fixed == file.replace("{line}", f"  {corrected}")
    assert [one for one in check_rules(fixed, directory(DESK)) if one.severity == "error"] == []


def test_a_file_has_its_last_rule_under_a_wrong_heading() -> None:
    rule = f'{HEAD}\nrule "A"\n  when reopened\n  send to team "Payments"\n\n'
    for heading in ("else", "default", "if none of the above", "all other cases"):
        text = f'{rule}{heading}\n  send to team "Frontline"\n'
        first = next(one for one in check_rules(text, directory(DESK)) if one.severity == "error")
        fix = quick_fixes(text, first)[0]
        assert text[: fix.start] + fix.replacement + text[fix.end :] == rule + END


@pytest.mark.parametrize(
    "line", ['send to team "Payments" first, then team "Platform"', 'send to team "Payments" at night']
)
def test_no_fix_removes_words_that_mean_something(line: str) -> None:
    text = TARGET.replace("{line}", f"  {line}")
    (error,) = (one for one in check_rules(text, directory(DESK)) if one.severity == "error")
    assert (error.code, quick_fixes(text, error)) == ("R110", ())


def test_a_time_of_day_asks_for_opening_hours() -> None:
    text = RULE.replace("{line}", "  when after 18:00")
    (error,) = (one for one in check_rules(text, directory(DESK)) if one.severity == "error")
    assert error.helps[0].startswith("times need opening hours with a name")
