"""Running a file's own examples with the same decision that escalations get."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from rules_dsl.compiler.lower_conditions import choice_value, read_amount
from rules_dsl.compiler.resolve_names import Names
from rules_dsl.directory import Directory, FactType, FactValue
from rules_dsl.evaluation.pools import aimed_at
from rules_dsl.evaluation.ruleset import NoRuleApplies, Ruleset
from rules_dsl.model import defaults
from rules_dsl.model.decision import CallKind, Decision, StepKind, Target
from rules_dsl.model.hours import wall_instant
from rules_dsl.syntax.tree import Block, BlockKind, ExpectedOutcome, GivenFact, RulesFile
from rules_dsl.syntax.tree_conditions import Phrase

_KINDS = {"booking only": CallKind.BOOKING_ONLY, "no call": CallKind.REFUSED, "a call": CallKind.CALL}
_STEPS = {
    "alert the team lead": StepKind.ALERT_LEAD,
    "alert the duty manager": StepKind.ALERT_DUTY,
    "offer booking": StepKind.OFFER_BOOKING,
}


def check_expectations(names: Names, tree: RulesFile, ruleset: Ruleset) -> None:
    """Names first; then, where nothing else is wrong with the file, each example is decided and compared."""
    examples = tree.of(BlockKind.EXPECT)
    given = [given_facts(names, block) for block in examples]
    for block in (*examples, *tree.of(BlockKind.NEVER)):
        _check_outcomes(names, tree, block)
    if names.refused:
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
    """What an example gives. Tags that can't be missing and aren't mentioned are none; all else is unknown."""
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
    """The fact, by its longest name, and the words of its value; ``not reopened`` is ``reopened no``."""
    words = given.words
    negated = words[0].text.lower() == "not" and not words[0].quoted
    words = words[1:] if negated else words
    for count in range(len(words), 0, -1):
        said = " ".join(word.text for word in words[:count]).lower()
        fact = next((fact for fact in names.directory.facts if fact.name.lower() == said), None)
        if fact is not None:
            rest = words[count:]
            rest = rest[1:] if rest and rest[0].text.lower() == "is" else rest
            return fact, (Phrase("no", given.at),) if negated and fact.kind == "yes/no" else rest
    most = words[:-1] or words
    said = " ".join(word.text for word in most)
    names.fact(Phrase(said, given.at))
    return None, ()


def _value(names: Names, fact: FactType, words: tuple[Phrase, ...], given: GivenFact) -> FactValue | None:
    said = Phrase(" ".join(word.text for word in words), words[0].at if words else given.at)
    if fact.kind == "tags":
        return tuple(sorted({word.text for word in words if word.quoted}))
    if said.text.lower() == "unknown":
        return None
    if fact.kind == "yes/no":
        return said.text.lower() not in ("no", "false")
    if fact.kind == "choice":
        return choice_value(names, fact, said)
    if fact.kind == "moment":
        return said.text
    return read_amount(names, fact, said)


def example_moment(ruleset: Ruleset, moment: tuple[int, int] | None) -> datetime:
    """The instant of an example, in UTC: a day and time of the example week, on the desk's clock."""
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
        if comes_out(outcome, decision, names.directory) is outcome.negated:
            because = "; ".join(f"line {reason.line}: {reason.because}" for reason in decision.why[-3:])
            names.report(
                "R501", outcome.at, found=outcome.text, because=because,
                instead=_instead(outcome, decision, names.directory),
            )  # fmt: skip


def comes_out(outcome: ExpectedOutcome, decision: Decision, directory: Directory) -> bool:
    """Whether an outcome, without its ``not``, is what the decision says after so many seconds."""
    if outcome.kind == "rule":
        return decision.rule == outcome.names[0].text
    if outcome.kind in _KINDS:
        return decision.kind is _KINDS[outcome.kind]
    if outcome.kind in _STEPS:
        return any(step.kind is _STEPS[outcome.kind] and step.after <= outcome.after for step in decision.steps)
    if decision.kind is CallKind.REFUSED:
        return False
    targets = targets_after(decision, outcome.after)
    reached = _reached(outcome, targets, directory)
    return any(reached) if outcome.also or outcome.negated else bool(reached) and all(reached)


def targets_after(decision: Decision, elapsed: int) -> list[Target]:
    widened = (
        target
        for step in decision.steps
        if step.kind is StepKind.WIDEN and step.after <= elapsed
        for target in step.targets
    )
    return [*decision.targets, *widened]


def _reached(outcome: ExpectedOutcome, targets: list[Target], directory: Directory) -> list[bool]:
    """For each person aimed at, and each target that nobody fills, whether they are what was named."""
    names = {name.text for name in outcome.names}
    groups = directory.teams if outcome.kind == "team" else directory.titles
    wanted = {group.id for group in groups if group.name in names}
    found: list[bool] = []
    for target in targets:
        people = [person for person in directory.people if aimed_at(person, target)]
        if people:
            found.extend((person.team if outcome.kind == "team" else person.title) in wanted for person in people)
        elif outcome.kind == "team":
            found.append(target.team in wanted)
        else:
            found.append(bool(target.titles) and set(target.titles) <= wanted)
    return found


def _instead(outcome: ExpectedOutcome, decision: Decision, directory: Directory) -> str:
    if outcome.kind in ("team", "title"):
        return _told(targets_after(decision, outcome.after)) or decision.kind.value.replace("_", " ")
    if outcome.kind in _KINDS:
        return f'{decision.kind.value.replace("_", " ")}, by rule "{decision.rule}"'
    return f'rule "{decision.rule}"'


def _told(targets: Iterable[Target]) -> str:
    return ", ".join(dict.fromkeys(target.text for target in targets))
