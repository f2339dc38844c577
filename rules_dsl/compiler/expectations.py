"""Runs a file's examples through the same code that decides escalations."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from rules_dsl.compiler.lower_conditions import choice_value, read_amount
from rules_dsl.compiler.resolve_names import Names
from rules_dsl.directory import Directory, FactType, FactValue
from rules_dsl.evaluation.pools import in_target
from rules_dsl.evaluation.ruleset import NoRuleApplies, Ruleset
from rules_dsl.model import defaults
from rules_dsl.model.decision import CallKind, Decision, StepKind, Target
from rules_dsl.model.hours import wall_instant
from rules_dsl.syntax.tree import Block, BlockKind, ExpectedOutcome, GivenFact, RulesFile
from rules_dsl.syntax.tree_conditions import Phrase

_KINDS = {"booking only": CallKind.BOOKING_ONLY, "no call": CallKind.REFUSED, "a call": CallKind.CALL}
_KIND_WORDS = {kind: words for words, kind in _KINDS.items()}
_STEPS = {
    "alert the team lead": StepKind.ALERT_LEAD,
    "alert the duty manager": StepKind.ALERT_DUTY,
    "offer booking": StepKind.OFFER_BOOKING,
}


def check_expectations(names: Names, tree: RulesFile, ruleset: Ruleset | None) -> None:
    """Resolve the names in expectations. If the file has no errors, decide each example and compare the results.

    Without a ruleset, only resolve the names.
    """
    examples = tree.of(BlockKind.EXPECT)
    given = [given_facts(names, block) for block in examples]
    for block in (*examples, *tree.of(BlockKind.NEVER)):
        _check_outcomes(names, tree, block)
    if names.has_errors or ruleset is None:
        return
    for block, facts in zip(examples, given, strict=True):
        _run(names, ruleset, block, facts)


def _check_outcomes(names: Names, tree: RulesFile, block: Block) -> None:
    if not block.outcomes and not block.damaged:
        names.report("R317", block.at)
    rules = ["otherwise", *(rule.name.text for rule in tree.of(BlockKind.RULE) if rule.name)]
    for outcome in block.outcomes:
        for name in outcome.names:
            if outcome.kind == "team":
                names.team(name)
            elif outcome.kind == "title":
                names.title(name)
            elif outcome.kind == "rule" and name.text not in rules:
                names.report("R211", name.at, found=name.text, nearest=names.near(name.text, rules))


def given_facts(names: Names, block: Block) -> dict[str, FactValue]:
    """The facts in an example. Absent tags are empty if declared as never missing; other absent facts are unknown."""
    found: dict[str, FactValue] = {
        fact.name: () for fact in names.directory.facts if fact.kind == "tags" and not fact.may_be_missing
    }
    for given in block.given:
        fact, rest = _split(names, given)
        if fact is None:
            continue
        value = _value(names, fact, rest, given)
        if value is not None:
            found[fact.name] = value
        elif rest and rest[0].text.lower() == "unknown":
            found.pop(fact.name, None)
    return found


def _split(names: Names, given: GivenFact) -> tuple[FactType | None, tuple[Phrase, ...]]:
    """The fact with the longest matching name, and the words of its value; ``not reopened`` means ``reopened no``."""
    words = given.words
    negated = words[0].text.lower() == "not" and not words[0].quoted
    words = words[1:] if negated else words
    for count in range(len(words), 0, -1):
        name = " ".join(word.text for word in words[:count]).lower()
        fact = next((fact for fact in names.directory.facts if fact.name.lower() == name), None)
        if fact is not None:
            rest = words[count:]
            rest = rest[1:] if rest and rest[0].text.lower() == "is" else rest
            return fact, (Phrase("no", given.at),) if negated and fact.kind == "yes/no" else rest
    likely_name = " ".join(word.text for word in words[:-1] or words)
    names.fact(Phrase(likely_name, given.at))
    return None, ()


def _value(names: Names, fact: FactType, words: tuple[Phrase, ...], given: GivenFact) -> FactValue | None:
    value = Phrase(" ".join(word.text for word in words), words[0].at if words else given.at)
    if fact.kind == "tags":
        return tuple(sorted({word.text for word in words if word.quoted}))
    if value.text.lower() == "unknown":
        return None
    if fact.kind == "yes/no":
        return value.text.lower() not in ("no", "false")
    if fact.kind == "choice":
        return choice_value(names, fact, value)
    if fact.kind == "moment":
        return value.text
    return read_amount(names, fact, value)


def example_moment(ruleset: Ruleset, moment: tuple[int, int] | None) -> datetime:
    """An example's weekday and time, in the example week and the ruleset's time zone, as a moment in UTC."""
    weekday, minute = moment or defaults.EXAMPLE_MOMENT
    day = defaults.EXAMPLE_WEEK + timedelta(days=weekday)
    return wall_instant(ZoneInfo(ruleset.time_zone), day, minute * 60).astimezone(UTC)


def _run(names: Names, ruleset: Ruleset, block: Block, facts: dict[str, FactValue]) -> None:
    try:
        decision = ruleset.decide(facts, example_moment(ruleset, block.moment))
    except NoRuleApplies:
        names.report("R503", block.at)
        return
    for outcome in block.outcomes:
        if outcome_holds(outcome, decision, names.directory) is outcome.negated:
            because = "; ".join(f"line {reason.line}: {reason.because}" for reason in decision.why[-3:])
            names.report(
                "R501", outcome.at, found=outcome.text, because=because,
                instead=_actual_result(outcome, decision, names.directory),
            )  # fmt: skip


def outcome_holds(outcome: ExpectedOutcome, decision: Decision, directory: Directory) -> bool:
    """Whether the decision has this outcome after ``outcome.after`` seconds, ignoring any ``not``."""
    if outcome.kind == "rule":
        return decision.rule == outcome.names[0].text
    if outcome.kind in _KINDS:
        return decision.kind is _KINDS[outcome.kind]
    if decision.kind is CallKind.REFUSED:
        return False
    if outcome.kind in _STEPS:
        return any(step.kind is _STEPS[outcome.kind] and step.after <= outcome.after for step in decision.steps)
    targets = targets_after(decision, outcome.after)
    matches = _matches(outcome, targets, directory)
    return any(matches) if outcome.also or outcome.negated else bool(matches) and all(matches)


def targets_after(decision: Decision, elapsed: int) -> list[Target]:
    """The targets after ``elapsed`` seconds of searching, including those that steps have added."""
    widened = (
        target
        for step in decision.steps
        if step.kind is StepKind.WIDEN and step.after <= elapsed
        for target in step.targets
    )
    return [*decision.targets, *widened]


def _matches(outcome: ExpectedOutcome, targets: list[Target], directory: Directory) -> list[bool]:
    """For each person in the targets, and for each target without people, whether the team or title matches."""
    names = {name.text for name in outcome.names}
    groups = directory.teams if outcome.kind == "team" else directory.titles
    expected = {group.id for group in groups if group.name in names}
    found: list[bool] = []
    for target in targets:
        people = [person for person in directory.people if in_target(person, target)]
        if people:
            found.extend((person.team if outcome.kind == "team" else person.title) in expected for person in people)
        elif outcome.kind == "team":
            found.append(target.team in expected)
        else:
            found.append(bool(target.titles) and set(target.titles) <= expected)
    return found


def _actual_result(outcome: ExpectedOutcome, decision: Decision, directory: Directory) -> str:
    if outcome.kind in ("team", "title"):
        return _listed(targets_after(decision, outcome.after)) or _KIND_WORDS[decision.kind]
    if outcome.kind in _KINDS:
        return f'{_KIND_WORDS[decision.kind]}, by rule "{decision.rule}"'
    return f'rule "{decision.rule}"'


def _listed(targets: Iterable[Target]) -> str:
    return ", ".join(dict.fromkeys(target.text for target in targets))
