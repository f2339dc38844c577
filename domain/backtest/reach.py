"""Whom one rule reaches in one directory: its pools by step, and among whom the person of a call is found. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from domain.backtest.history import Candidates, ChangeKind, Treatment
from rules_dsl import PeopleMasks, Rule, Ruleset, SkillKind
from rules_dsl.directory import Facts
from rules_dsl.model.decision import CallKind, Decision, StepKind

NOBODY = 0


@dataclass(frozen=True)
class Action:
    """What a rule does with those it takes: equal for rules that differ only in name, conditions and words."""

    rule: Rule
    ruleset: Ruleset

    @property
    def key(self) -> tuple[object, ...]:
        """Equal where the outcomes for all facts reach alike."""
        rule, rules = self.rule, self.ruleset
        own = (rule.kind, rule.targets, rule.requires, rule.prefers, rule.order, rule.steps, rule.slot, rule.prepare)
        return (*own, rules.booking, rules.calls, rules.area_skills)

    @property
    def hangs_on(self) -> tuple[bool, bool]:
        """Whether the language, and whether the product area, changes whom it reaches."""
        kinds = {want.kind for want in (*self.rule.requires, *(want for line in self.rule.prefers for want in line))}
        drops = any(step.kind is StepKind.DROP_SKILL and step.skill is None for step in self.rule.steps)
        return SkillKind.CUSTOMER_LANGUAGE in kinds, drops or SkillKind.PRODUCT_AREA in kinds

    def outcome(self, facts: Facts) -> Decision:
        return self.ruleset.outcome_of(self.rule, facts)


@dataclass(frozen=True, eq=False)
class Reach:
    """Where no rule applies there is no decision; where the rule refuses there are no pools."""

    people: PeopleMasks
    decision: Decision | None
    """For its name and words any rule stands that does the same."""
    pools: tuple[tuple[int, int], ...] = ()
    """Seconds of search, and who may be asked from then on. A pool with nobody in it costs no time."""
    _asked: dict[tuple[bool, int | None], int] = field(default_factory=dict, repr=False)

    @property
    def kind(self) -> CallKind | None:
        return None if self.decision is None else self.decision.kind

    @property
    def seconds(self) -> int:
        """What a call takes of somebody's day: preparation, talk and wrap-up."""
        if self.decision is None:
            return 0
        return self.decision.calls.prepare + self.decision.booking.slot + self.decision.calls.wrap_up

    @cached_property
    def first(self) -> int:
        """The first pool that holds anybody."""
        return next((mask for _, mask in self.pools if mask), NOBODY)

    @cached_property
    def _ever(self) -> int:
        """Whoever may be asked at some step."""
        return self.first | (self.pools[-1][1] if self.pools else NOBODY)

    def asked(self, now: bool, on_duty: int | None) -> int:
        """Those among whom the call's person is found; ``on_duty`` is None where no moment is known.

        A call now finds the first step with somebody on duty. A booked call is sold on its first pool: where
        nobody of that pool was there at the hour that was booked, it would have been booked for another hour.
        """
        key = (now, on_duty if on_duty is None else on_duty & self._ever)
        if key not in self._asked:
            self._asked[key] = self._found(*key)
        return self._asked[key]

    def candidates(self, decision: Decision | None, now: bool, on_duty: int | None) -> Candidates:
        """The same by name, with the pools of all steps. ``decision`` is that of the rule itself."""
        return Candidates(
            decision,
            self._ids(self.asked(now, on_duty)),
            tuple((after, self._ids(mask)) for after, mask in self.pools),
        )

    def _ids(self, mask: int) -> tuple[int, ...]:
        return tuple(person.id for _, person in self.people.each(mask))

    def _found(self, now: bool, on_duty: int | None) -> int:
        if self.decision is None:
            return NOBODY
        if now and self.decision.kind is CallKind.CALL and on_duty is not None:
            for step, (_, mask) in enumerate(self.pools):
                if mask & on_duty:
                    return self.people.likely_first(self.decision, step, mask & on_duty)
            return NOBODY
        step = next((step for step, (_, mask) in enumerate(self.pools) if mask), 0)
        there = self.first & (on_duty or NOBODY)
        return self.people.likely_first(self.decision, step, there or self.first)


def reach_of(decision: Decision, people: PeopleMasks) -> Reach:
    if decision.kind is CallKind.REFUSED:
        return Reach(people, decision)
    pools = [(0, people.members(decision, 0))]
    for number, step in enumerate(decision.steps, 1):
        if step.kind is StepKind.OFFER_BOOKING:
            break
        pools.append((step.after if pools[-1][1] else pools[-1][0], people.members(decision, number)))
    return Reach(people, decision, tuple(pools))


def compared(before: Reach, after: Reach, now: bool) -> ChangeKind:
    """A booked call can't tell a call from ``offer booking only``."""
    calls = (CallKind.CALL, CallKind.BOOKING_ONLY)
    both_called = not now and before.kind in calls and after.kind in calls
    if before.kind is not after.kind and not both_called:
        return ChangeKind.ELSEWHERE
    if before.first != after.first:
        return ChangeKind.ELSEWHERE
    if _grown(before) != _grown(after):
        return ChangeKind.LATER
    return ChangeKind.NONE if _manner(before.decision) == _manner(after.decision) else ChangeKind.MANNER


def _grown(reach: Reach) -> list[tuple[int, int]]:
    """The pools without those that add nobody."""
    found: list[tuple[int, int]] = []
    for after, mask in reach.pools:
        if mask and (not found or found[-1][1] != mask):
            found.append((after, mask))
    return found


def _manner(decision: Decision | None) -> tuple[object, ...]:
    if decision is None or decision.kind is CallKind.REFUSED:
        return ()
    return (decision.order, decision.prefers, decision.booking.slot, decision.calls.prepare, decision.calls.wrap_up)


def treatment_of(rule: Rule | None) -> Treatment:
    if rule is None:
        return Treatment("", None, "")
    if rule.kind is CallKind.REFUSED:
        return Treatment(rule.name, rule.kind, rule.refusal)
    whom = " or ".join(target.text for target in rule.targets)
    needs = ", ".join(want.text for want in rule.requires)
    return Treatment(rule.name, rule.kind, f"{whom} with {needs}" if needs else whom)
