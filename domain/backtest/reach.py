"""Reach: whom one rule can ask in one directory, step by step, and which of them might take a call. Pure."""

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
    """What a rule does with the escalations it takes."""

    rule: Rule
    ruleset: Ruleset

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for rules that have the same reach whatever the facts: they differ only in name, conditions and
        wording.
        """
        rule, rules = self.rule, self.ruleset
        own = (rule.kind, rule.targets, rule.requires, rule.prefers, rule.order, rule.steps, rule.slot, rule.prepare)
        return (*own, rules.booking, rules.calls, rules.area_skills)

    @property
    def depends_on(self) -> tuple[bool, bool]:
        """Whether the reach depends on the language, and whether it depends on the product area."""
        kinds = {want.kind for want in (*self.rule.requires, *(want for line in self.rule.prefers for want in line))}
        drops = any(step.kind is StepKind.DROP_SKILL and step.skill is None for step in self.rule.steps)
        return SkillKind.CUSTOMER_LANGUAGE in kinds, drops or SkillKind.PRODUCT_AREA in kinds

    def outcome(self, facts: Facts) -> Decision:
        return self.ruleset.outcome_of(self.rule, facts)


@dataclass(frozen=True, eq=False)
class Reach:
    """Whom a rule can ask. Without a decision, no rule applies; without pools, the rule refuses a call."""

    people: PeopleMasks
    decision: Decision | None
    """The decision's name and wording may come from any rule that does the same."""
    pools: tuple[tuple[int, int], ...] = ()
    """For each pool, how many seconds into the search it is reached, and the mask of the people who may be asked from
    then on. An empty pool is skipped without waiting.
    """
    _cache: dict[tuple[bool, int | None], int] = field(default_factory=dict, repr=False)

    @property
    def kind(self) -> CallKind | None:
        return None if self.decision is None else self.decision.kind

    @property
    def seconds(self) -> int:
        """The time that a call takes: preparation, talk and wrap-up."""
        if self.decision is None:
            return 0
        return self.decision.calls.prepare + self.decision.booking.slot + self.decision.calls.wrap_up

    @cached_property
    def first(self) -> int:
        """The first pool that contains anybody."""
        return next((mask for _, mask in self.pools if mask), NOBODY)

    @cached_property
    def _ever(self) -> int:
        """Everybody who may be asked at one step or another."""
        return self.first | (self.pools[-1][1] if self.pools else NOBODY)

    def first_people(self, now: bool, on_shift: int | None) -> int:
        """A mask of the people who might take the call; ``on_shift`` is None if the call has no time.

        For a call now, they are found at the first step with somebody on shift. A booked call is booked against its
        first pool: had nobody in that pool been on shift at that hour, the call would have been booked at another hour.
        """
        key = (now, on_shift if on_shift is None else on_shift & self._ever)
        if key not in self._cache:
            self._cache[key] = self._find_first_people(*key)
        return self._cache[key]

    def candidates(self, decision: Decision | None, now: bool, on_shift: int | None) -> Candidates:
        """The same, as person ids, with the pools of all steps. ``decision`` is the rule's own."""
        return Candidates(
            decision,
            self._ids(self.first_people(now, on_shift)),
            tuple((after, self._ids(mask)) for after, mask in self.pools),
        )

    def _ids(self, mask: int) -> tuple[int, ...]:
        return tuple(person.id for _, person in self.people.each(mask))

    def _find_first_people(self, now: bool, on_shift: int | None) -> int:
        if self.decision is None:
            return NOBODY
        if now and self.decision.kind is CallKind.CALL and on_shift is not None:
            for step, (_, mask) in enumerate(self.pools):
                if mask & on_shift:
                    return self.people.likely_first(self.decision, step, mask & on_shift)
            return NOBODY
        step = next((step for step, (_, mask) in enumerate(self.pools) if mask), 0)
        there = self.first & (on_shift or NOBODY)
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


def compare_reach(before: Reach, after: Reach, now: bool) -> ChangeKind:
    """How ``after`` differs from ``before``. If a call was booked, ``offer booking only`` counts as a call."""
    calls = (CallKind.CALL, CallKind.BOOKING_ONLY)
    both_called = not now and before.kind in calls and after.kind in calls
    if before.kind is not after.kind and not both_called:
        return ChangeKind.ELSEWHERE
    if before.first != after.first:
        return ChangeKind.ELSEWHERE
    if _growing_pools(before) != _growing_pools(after):
        return ChangeKind.LATER
    return ChangeKind.NONE if _manner(before.decision) == _manner(after.decision) else ChangeKind.MANNER


def _growing_pools(reach: Reach) -> list[tuple[int, int]]:
    """The pools, without those that add nobody."""
    pools: list[tuple[int, int]] = []
    for after, mask in reach.pools:
        if mask and (not pools or pools[-1][1] != mask):
            pools.append((after, mask))
    return pools


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
