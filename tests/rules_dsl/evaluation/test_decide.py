from __future__ import annotations

from datetime import UTC, datetime

import pytest

from rules_dsl import (
    FactRefused,
    RulesRefused,
    check_rules,
    compile_rules,
    draft_rules,
    escalation_steps,
    format_rules,
    read_facts,
    rename,
)
from rules_dsl.directory import Facts
from rules_dsl.model.decision import CallKind, OrderKey, StepKind
from tests.rules_dsl.desks import boats, directory, rules_text, ruleset

MONDAY_NOON = datetime(2026, 3, 2, 11, tzinfo=UTC)
SUNDAY_NIGHT = datetime(2026, 3, 1, 22, 10, tzinfo=UTC)


def test_first_rule_that_holds_decides_and_explains() -> None:
    decision = ruleset("small_team").decide({"product area": "billing", "tags": ()}, MONDAY_NOON)
    assert decision.rule == "Invoices"
    assert decision.order == (OrderKey.LONGEST_IDLE,)
    assert [step.kind for step in decision.steps] == [StepKind.WIDEN, StepKind.OFFER_BOOKING]
    assert [(reason.rule, reason.held, reason.text, reason.because) for reason in decision.why] == [
        ("Engine stopped at sea", False, 'tags include "safety"', "tags are none"),
        ("Engine stopped at sea", False, "product area is engine", "product area is billing"),
        ("Invoices", True, "product area is billing", "product area is billing"),
    ]


def test_unknown_is_not_true_and_is_explained() -> None:
    decision = ruleset("small_team").decide({}, MONDAY_NOON)
    assert decision.rule == "otherwise"
    assert decision.why[0].because == "tags is unknown"


def test_outside_hours_only_bookings() -> None:
    decision = ruleset("small_team").decide({"product area": "hull"}, SUNDAY_NIGHT)
    assert (decision.rule, decision.kind) == ("Outside opening hours", CallKind.BOOKING_ONLY)
    assert decision.why[-1].because == "it is Sun 23:10 in Europe/Copenhagen"


def test_settings_are_in_seconds() -> None:
    decision = ruleset("quick", "small_team").decide({}, MONDAY_NOON)
    assert (decision.booking.slot, decision.booking.start_every, decision.booking.notice) == (60, 30, 10)
    assert (decision.calls.prepare, decision.calls.offer, decision.calls.wrap_up) == (5, 40, 5)
    assert decision.reminders.customer == (8,)
    assert (decision.feedback.ask_after, decision.feedback.ask_again_after) == (2, 20)
    assert [step.after for step in decision.steps] == [40, 80]


def test_refusal_says_why() -> None:
    facts: Facts = {"replies": 1, "priority": "normal", "tier": "business", "ARR": 2_000_000}
    decision = ruleset("forty_agents").decide(facts, MONDAY_NOON)
    assert decision.kind is CallKind.REFUSED
    assert decision.refusal == "Three written replies first; then this becomes a call."


def test_language_and_limits_follow_the_facts() -> None:
    facts: Facts = {"product area": "payments", "language": "german", "priority": "urgent", "replies": 5}
    decision = ruleset("forty_agents").decide(facts, MONDAY_NOON)
    assert [need.language for need in decision.requires] == ["german"]
    assert decision.limits.calls_a_day == 6
    calm = ruleset("forty_agents").decide({**facts, "priority": "high"}, MONDAY_NOON)
    assert calm.limits.calls_a_day == 5


def test_skill_of_the_product_area() -> None:
    facts: Facts = {"priority": "urgent", "tier": "strategic", "product area": "storage", "tags": ()}
    decision = ruleset("follow_the_sun").decide(facts, MONDAY_NOON)
    skill = directory("follow_the_sun").skill_named("storage")
    assert skill is not None
    assert [need.skill for need in decision.requires] == [skill.id]
    assert decision.steps[0].skill == skill.id


def test_a_required_skill_that_depends_on_an_unknown_fact_is_noted() -> None:
    rules = boats('otherwise\n  send to team "Support"\n  require skill of this product area\n')
    noted = rules.decide({}, MONDAY_NOON).why[-1]
    assert noted.text == "require skill of this product area"
    assert noted.because == "product area is unknown, so nobody is excluded"
    assert len(rules.decide({"product area": "sails"}, MONDAY_NOON).why) == 1


def test_unless_excludes_even_if_unknown() -> None:
    rules = boats(
        'rule "A"\n when reopened\n unless priority is at least high\n send to team "Office"\n'
        'otherwise\n send to team "Support"\n'
    )
    assert rules.decide({"reopened": True, "priority": "low"}, MONDAY_NOON).rule == "A"
    assert rules.decide({"reopened": True, "priority": "urgent"}, MONDAY_NOON).rule == "otherwise"
    assert rules.decide({"reopened": True}, MONDAY_NOON).rule == "otherwise"


@pytest.mark.parametrize(
    ("line", "facts", "holds"),
    [
        ("replies is between 2 and 4", {"replies": 4}, True),
        ("replies is over 4", {"replies": 4}, False),
        ("replies is under 4", {"replies": 3}, True),
        ("replies is 4", {"replies": 4}, True),
        ("ticket age is at least 3 days", {"ticket age": 259_200}, True),
        ("product area is not engine or hull", {"product area": "sails"}, True),
        ("product area is not engine or hull", {}, False),
        ("product area is unknown", {}, True),
        ("product area is known", {}, False),
        ('tags include "a" and "b"', {"tags": ("a",)}, False),
        ('tags include "a" or "b"', {"tags": ("a",)}, True),
        ('tags do not include "a", "b"', {"tags": ("c",)}, True),
        ("not reopened", {"reopened": False}, True),
        ("priority is over normal", {"priority": "high"}, True),
        ("priority is under normal", {"priority": "normal"}, False),
        ("PRIORITY IS URGENT", {"priority": "urgent"}, True),
    ],
)
def test_conditions(line: str, facts: Facts, holds: bool) -> None:
    rules = boats(f'rule "A"\n when {line}\n send to team "Office"\notherwise\n send to team "Support"\n')
    assert (rules.decide(facts, MONDAY_NOON).rule == "A") is holds


BELOW_THE_END = (
    'rules for "Harbor Boats support"\n'
    'rule "A"\n when reopened\n send to team "Office"\n'
    ' if nobody in 5 minutes, offer booking\n if nobody in 9 minutes, widen to team "Support"\n'
    'otherwise\n send to team "Support"\n'
    'expect "support helps"\n given reopened\n then rule "A"\n after 10 minutes also team "Support"\n'
)


def test_steps_below_offer_booking_prevent_publishing() -> None:
    codes = [one.code for one in check_rules(BELOW_THE_END, directory("small_team"))]
    assert codes == ["R329"]


def test_published_rules_load_without_the_steps_below_offer_booking() -> None:
    rules = draft_rules(BELOW_THE_END, directory("small_team"))
    assert rules is not None
    decision = rules.decide({"reopened": True}, MONDAY_NOON)
    assert [step.kind for step in decision.steps] == [StepKind.OFFER_BOOKING]
    assert [step.after for step in escalation_steps(decision, directory("small_team"))] == [0, 300]


def test_a_moment_needs_its_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        ruleset("small_team").decide({}, MONDAY_NOON.replace(tzinfo=None))


def test_errors_refuse_and_warnings_do_not() -> None:
    with pytest.raises(RulesRefused) as refused:
        compile_rules('rule "A"\n', directory("small_team"))
    assert {diagnostic.code for diagnostic in refused.value.diagnostics} >= {"R306", "R314"}
    assert boats('otherwise\n send to team "Office", title "Marine Engineer"\n').rules[0].name == "otherwise"


def test_facts_are_read_by_their_types() -> None:
    desk = directory("forty_agents")
    raw = {"ARR": "250k", "ticket age": "3 days", "tags": ["b", "a", "b"], "tier": "Strategic", "language": None}
    assert read_facts(raw, desk) == {
        "ARR": 25_000_000, "ticket age": 259_200, "tags": ("a", "b"), "tier": "strategic",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "number", "text"),
    [
        ("ARR", 250_000, "250000"),
        ("ARR", 250_000, "250k"),
        ("ARR", 1.5, "1.5"),
        ("ARR", 12.34, "€12.34"),
        ("ARR", 0, "0"),
        ("replies", 3, "3"),
        ("ticket age", 300, "300"),
    ],
)
def test_a_number_from_outside_means_the_same_as_its_text(name: str, number: float, text: str) -> None:
    desk = directory("forty_agents")
    assert read_facts({name: number}, desk) == read_facts({name: text}, desk)


def test_stored_money_is_in_minor_units() -> None:
    desk = directory("forty_agents")
    stored = read_facts({"ARR": 250_000}, desk)
    assert stored == {"ARR": 25_000_000}
    assert read_facts(stored, desk, stored=True) == stored


def test_published_rules_keep_the_meaning_of_unclear_amounts() -> None:
    text = rules_text("forty_agents").replace("250k", "250.000")
    assert {one.code for one in check_rules(text, directory("forty_agents"))} == {"R221"}
    rules = draft_rules(text, directory("forty_agents"))
    assert rules is not None
    facts: Facts = {"priority": "urgent", "issue type": "incident", "tier": "free", "ARR": 25_000}
    assert rules.decide(facts, MONDAY_NOON).rule == "Outage for a big customer"


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("prioritty", "low", "did you mean `priority`"),
        ("priority", "highest", "one of low"),
        ("replies", -1, "whole number"),
        ("replies", True, "whole number"),
        ("replies", "three", "whole number"),
        ("reopened", "perhaps", "true or false"),
        ("tags", "safety", "list"),
        ("tags", [1], "expected tags"),
        ("ARR", "a lot", "250k"),
        ("ARR", 1.505, "250k"),
        ("ARR", float("nan"), "250k"),
        ("ARR", -1, "250k"),
        ("ARR", True, "250k"),
        ("ARR", "250.000", "write 250k or 250"),
        ("ARR", "$250k", "EUR, without `\\$`"),
        ("ARR", "999999999999b", "250k"),
        ("ticket age", "3 working days", "3 days"),
    ],
)
def test_wrong_facts_are_named(name: str, value: object, reason: str) -> None:
    with pytest.raises(FactRefused, match=reason) as refused:
        read_facts({name: value}, directory("forty_agents"))
    assert refused.value.name == name


@pytest.mark.parametrize(
    ("line", "terms"),
    [
        ("", (0, 1, None, StepKind.ALERT_LEAD)),
        ('follow up within 1 working day by title "Advisor", then alert the team lead', (0, 1, 1, StepKind.ALERT_LEAD)),
        ('follow up within 2 hours by title "Advisor", then alert the duty manager', (7200, 0, 1, StepKind.ALERT_DUTY)),
    ],
)
def test_a_low_score_is_followed_up_as_the_rules_say(line: str, terms: tuple[int, int, int | None, StepKind]) -> None:
    desk = directory("small_team")
    text = 'rules for "Harbor Boats support"\n\notherwise\n  send to team "Support"\n\nfeedback\n  never ask again\n'
    text += f"  {line}\n" if line else ""
    compiled = compile_rules(text, desk)
    said = compiled.decide({}, MONDAY_NOON).feedback.follow_up
    title = None if terms[2] is None else next(one.id for one in desk.titles if one.name == "Advisor")
    assert (said.within, said.working_days, said.title, said.alert) == (terms[0], terms[1], title, terms[3])
    if line:
        assert line in format_rules(text), "the formatter writes it as it is read"
        assert line in rename(text, "title", "Bookkeeper", "Clerk"), "another title's name stays out of it"
        assert 'title "Consultant", then' in rename(text, "title", "Advisor", "Consultant")
