"""Proves each ``expect never``, over all escalations and the whole of their searches, or gives a counterexample."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from rules_dsl.analysis.budget import TooLarge
from rules_dsl.analysis.cubes import Cube
from rules_dsl.analysis.proofs import Proofs
from rules_dsl.analysis.regions import Situation, describe_situation
from rules_dsl.analysis.searches import Claim, Witness
from rules_dsl.analysis.value_classes import Region
from rules_dsl.compiler.expectations import outcome_holds
from rules_dsl.compiler.resolve_names import Names
from rules_dsl.directory import Directory, Facts, FactValue
from rules_dsl.evaluation.program import Rule, When
from rules_dsl.evaluation.ruleset import LANGUAGE, PRODUCT_AREA, Ruleset
from rules_dsl.model.decision import Decision, StepKind
from rules_dsl.syntax.tree import Block, ExpectedOutcome
from rules_dsl.syntax.tree_actions import SkillKind

_BY_FACT = {SkillKind.CUSTOMER_LANGUAGE: LANGUAGE, SkillKind.PRODUCT_AREA: PRODUCT_AREA}
"""The fact on which each kind of required skill depends."""
_PERSON_WORK = 4
"""Work units for deciding whether one person may be asked after one step."""
_ANY_TIME = 10**9
"""In seconds, later than every step."""


@dataclass(frozen=True)
class _Counterexample:
    situation: Situation
    rule: str
    witness: Witness | None


def check_never(names: Names, ruleset: Ruleset, proofs: Proofs | None, block: Block, claim: When) -> None:
    """Report a claim that is false, or too large to prove."""
    try:
        found = None
        if proofs is not None:
            with proofs.budget.half():
                found = _Counterexamples(names.directory, ruleset, proofs, block.outcomes).counterexample(claim)
    except TooLarge:
        proofs = None
    if proofs is None:
        names.report("R504", block.at)
    elif found is not None and block.name is not None:
        names.report(
            "R502", block.name.at, found=block.name.text, rule=found.rule,
            example=describe_situation(found.situation, ruleset.vocabulary, ruleset.time_zone),
            search=found.witness.describe(names.directory) if found.witness else None,
        )  # fmt: skip


class _Counterexamples:
    """The search for an escalation that matches a claim and gets the forbidden result."""

    def __init__(
        self, directory: Directory, ruleset: Ruleset, proofs: Proofs, outcomes: Sequence[ExpectedOutcome]
    ) -> None:
        self.directory = directory
        self.ruleset = ruleset
        self.proofs = proofs
        self.people = Claim(outcomes, directory)
        self.others = [one for one in outcomes if one.kind not in ("team", "title")]
        self._witnesses: dict[object, Witness | None] = {}

    def counterexample(self, claim: When) -> _Counterexample | None:
        claimed = self.proofs.cubes.of(claim)
        for place, rule in enumerate(self.ruleset.rules):
            outcome = self.ruleset.outcome_of(rule)
            if all(_happens(expected, outcome, self.directory) is not expected.negated for expected in self.others):
                found = self._among(place, rule, claimed)
                if found is not None:
                    return found
        return None

    def _among(self, place: int, rule: Rule, claimed: list[Cube]) -> _Counterexample | None:
        """A counterexample that this rule decides."""
        needed = {_BY_FACT[reference.kind] for reference in rule.requires if reference.kind in _BY_FACT}
        if not self.people.lines:
            region = next(self.proofs.reaching(place, claimed), None)
            return None if region is None else _Counterexample(self.proofs.situation(region), rule.name, None)
        drops = any(step.kind is StepKind.DROP_SKILL and step.skill is None for step in rule.steps)
        needed |= {PRODUCT_AREA} if drops else set()
        # Without the skills that depend on facts, a search asks more people.
        if not drops and not (needed and self.people.timed) and self._witness(rule, {}) is None:
            return None
        for region in self.proofs.reaching(place, claimed):
            for facts in self._facts_in(region, sorted(needed)):
                witness = self._witness(rule, {name: value for name, value in facts.items() if value is not None})
                if witness is not None:
                    return _Counterexample(_with(self.proofs.situation(region), facts), rule.name, witness)
        return None

    def _witness(self, rule: Rule, facts: Facts) -> Witness | None:
        key = (rule.kind, rule.targets, rule.requires, rule.steps, tuple(facts.items()))
        if key not in self._witnesses:
            self.proofs.budget.spend(_PERSON_WORK * len(self.directory.people) * (1 + len(rule.steps)))
            self._witnesses[key] = self.people.witness(self.ruleset.outcome_of(rule, facts))
        return self._witnesses[key]

    def _facts_in(self, region: Region, names: Sequence[str]) -> Iterator[dict[str, FactValue | None]]:
        """Every combination of these facts' values in a region; None for unknown."""
        values = [[*self._values_in(region, name)] for name in names]
        return (dict(zip(names, chosen, strict=True)) for chosen in product(*values))

    def _values_in(self, region: Region, name: str) -> Iterator[FactValue | None]:
        place = self.proofs.space.places.get((name, None))
        if place is None:
            fact = self.directory.fact_named(name)
            yield from fact.values if fact is not None else ()
            if fact is None or fact.may_be_missing:
                yield None
            return
        attribute, mask = self.proofs.space.attributes[place], region[place]
        for number, values in enumerate(attribute.classes):
            yield from values if mask >> number & 1 else ()
        if mask & attribute.unknown:
            yield None


def _happens(expected: ExpectedOutcome, outcome: Decision, directory: Directory) -> bool:
    """Whether an outcome that isn't about people happens: a step, at any time unless the line says when."""
    timed = expected if expected.after else replace(expected, after=_ANY_TIME)
    return outcome_holds(timed, outcome, directory)


def _with(situation: Situation, facts: dict[str, FactValue | None]) -> Situation:
    """The situation with these facts, which matter."""
    known = {name: value for name, value in facts.items() if value is not None}
    unknown = tuple(name for name, value in facts.items() if value is None)
    return replace(
        situation,
        facts={name: value for name, value in situation.facts.items() if name not in unknown} | known,
        unknown=tuple(dict.fromkeys([*(name for name in situation.unknown if name not in known), *unknown])),
        decisive=tuple(dict.fromkeys([*situation.decisive, *facts])),
    )
