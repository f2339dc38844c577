"""A compiled rules file. A decision is a pure function of the facts and the moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from types import MappingProxyType

from rules_dsl.directory import Facts
from rules_dsl.evaluation.evaluate import clause_holds
from rules_dsl.evaluation.explain import Vocabulary, reasons_against, reasons_for
from rules_dsl.evaluation.index import RuleIndex, index_of
from rules_dsl.evaluation.program import LimitRules, Rule, SkillReference
from rules_dsl.model.decision import (
    Booking,
    CallTimes,
    Decision,
    Feedback,
    Limits,
    Links,
    Reason,
    Reminders,
    SkillNeed,
    Step,
    StepKind,
)
from rules_dsl.syntax.tree_actions import SkillKind

LANGUAGE = "language"
PRODUCT_AREA = "product area"
_FACTS_OF_SKILLS = {SkillKind.CUSTOMER_LANGUAGE: LANGUAGE, SkillKind.PRODUCT_AREA: PRODUCT_AREA}


class NoRuleApplies(Exception):
    """No rule matches these facts. Can't happen with a checked file, in which every escalation matches a rule."""


def _requiring_nothing(rule: Rule, facts: Facts) -> Iterator[Reason]:
    """Yield the required skills that depend on an unknown fact, and so exclude nobody."""
    for reference in rule.requires:
        fact = _FACTS_OF_SKILLS.get(reference.kind)
        if fact is not None and fact not in facts:
            because = f"{fact} is unknown, so nobody is excluded"
            yield Reason(rule.name, True, rule.line, f"require {reference.text}", because)


@dataclass(frozen=True)
class Ruleset:
    """A compiled file, ready for decisions."""

    version: str
    """The SHA-256 hash, in hex, of the canonical text and the ids of the names in it."""
    time_zone: str
    rules: tuple[Rule, ...]
    """The first match wins; ``otherwise`` is last."""
    limits: LimitRules
    booking: Booking
    calls: CallTimes
    reminders: Reminders
    feedback: Feedback
    links: Links
    area_skills: tuple[tuple[str, int], ...]
    """Product areas that have a skill of the same name, each with that skill's id."""
    vocabulary: Vocabulary

    def decide(self, facts: Facts, now: datetime, *, explain: bool = True) -> Decision:
        """Decide one escalation. ``now`` must have a time zone; the same inputs always give the same decision.

        Without ``explain``, ``why`` stays empty, which is faster. Raises ``ValueError`` for a moment without a time
        zone, and ``NoRuleApplies`` if no rule matches.
        """
        index = self._first_match(facts, now)
        rule = self.rules[index]
        if not explain:
            return self._decision(rule, facts, now, ())
        above = tuple(
            reason for other in self.rules[:index] for reason in reasons_against(other, facts, now, self.vocabulary)
        )
        why = (*above, *reasons_for(rule, facts, now, self.vocabulary), *_requiring_nothing(rule, facts))
        return self._decision(rule, facts, now, why)

    def outcome_of(self, rule: Rule, facts: Facts = MappingProxyType({})) -> Decision:
        """The decision if this rule applies. Kind, targets and slot don't depend on facts; skills depend only on
        language and product area. The limits assume that no other facts are known."""
        relevant = {name: facts[name] for name in (LANGUAGE, PRODUCT_AREA) if name in facts}
        return self._decision(rule, relevant, datetime.min.replace(tzinfo=UTC), ())

    def match(self, facts: Facts, now: datetime) -> Rule:
        """The rule that matches these facts. Raises the same errors as ``decide``."""
        return self.rules[self._first_match(facts, now)]

    def _first_match(self, facts: Facts, now: datetime) -> int:
        if now.tzinfo is None:
            raise ValueError("the moment of a decision needs a time zone")
        index = self.index.first(facts, now)
        if index is None:
            raise NoRuleApplies
        return index

    @cached_property
    def index(self) -> RuleIndex:
        """The index, built on the first decision."""
        return index_of(self.rules)

    def _decision(self, rule: Rule, facts: Facts, now: datetime, why: tuple[Reason, ...]) -> Decision:
        prefers = (
            tuple(need for reference in references if (need := self._need(reference, facts)) is not None)
            for references in rule.prefers
        )
        return Decision(
            rule=rule.name,
            kind=rule.kind,
            refusal=rule.refusal,
            targets=rule.targets,
            requires=tuple(need for reference in rule.requires if (need := self._need(reference, facts)) is not None),
            prefers=tuple(needs for needs in prefers if needs),
            order=rule.order,
            steps=tuple(step for planned in rule.steps if (step := self._step(planned, facts)) is not None),
            limits=self._limits(facts, now),
            booking=self._booking(rule),
            calls=self.calls if rule.prepare is None else replace(self.calls, prepare=rule.prepare),
            reminders=self.reminders,
            feedback=self.feedback,
            links=self.links,
            note=rule.note,
            why=why,
        )

    def _booking(self, rule: Rule) -> Booking:
        """The booking settings.

        In a rule with its own slot length, start times are that far apart unless the file sets their interval.
        """
        if rule.slot is None:
            return self.booking
        on_slot = self.booking.start_every == self.booking.slot
        return replace(self.booking, slot=rule.slot, start_every=rule.slot if on_slot else self.booking.start_every)

    def _area_skill(self, facts: Facts) -> int | None:
        area = facts.get(PRODUCT_AREA)
        return next((skill for value, skill in self.area_skills if value == area), None)

    def _need(self, reference: SkillReference, facts: Facts) -> SkillNeed | None:
        """The required skill; None if the customer's language or the product area's skill is unknown."""
        if reference.kind is SkillKind.CUSTOMER_LANGUAGE:
            language = facts.get(LANGUAGE)
            return SkillNeed(language=language, text=reference.text) if isinstance(language, str) else None
        skill = self._area_skill(facts) if reference.kind is SkillKind.PRODUCT_AREA else reference.skill
        return None if skill is None else SkillNeed(skill, reference.level, None, reference.text)

    def _step(self, planned: Step, facts: Facts) -> Step | None:
        if planned.kind is StepKind.DROP_SKILL and planned.skill is None:
            skill = self._area_skill(facts)
            return None if skill is None else replace(planned, skill=skill)
        return planned

    def _limits(self, facts: Facts, now: datetime) -> Limits:
        more = max(
            (extra.number for extra in self.limits.more if clause_holds(extra.clause, facts, now) is True), default=0
        )
        calls_a_day = self.limits.calls_a_day
        return Limits(
            calls_a_day=None if calls_a_day is None else calls_a_day + more,
            gap=self.limits.gap,
            title_calls_a_day=tuple((title, number + more) for title, number in self.limits.title_calls_a_day),
            shift_percent=self.limits.shift_percent,
            shift_end=self.limits.shift_end,
        )
