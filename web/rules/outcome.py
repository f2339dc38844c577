"""What a draft does with a sample escalation, for managers: which rule and why, who is asked when, the plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from rules_dsl import (
    Directory,
    EscalationStep,
    Facts,
    NoRuleApplies,
    Ruleset,
    escalation_steps,
    on_shift,
    order_values,
    rank,
)
from rules_dsl.directory import Person
from rules_dsl.model.amounts import format_duration
from rules_dsl.model.decision import AgentState, CallKind, Decision, Pool, Reason, StepKind
from web.wording.times import length

_SAMPLE = "sample"
_KINDS = {
    CallKind.CALL: "a call, booked or now",
    CallKind.BOOKING_ONLY: "a booking only",
    CallKind.REFUSED: "no call",
}
_MARKS = {
    None: "first",
    StepKind.ALERT_LEAD: "alert",
    StepKind.ALERT_DUTY: "alert",
    StepKind.OFFER_BOOKING: "booking",
}


@dataclass(frozen=True)
class TitleGroup:
    """The people with one title in one team."""

    title: str
    team: str
    count: int
    there: int
    """How many are on shift at the sample's moment."""
    new: int
    """How many were not asked by the previous step."""


@dataclass(frozen=True)
class PoolStep:
    """A step of the plan with the people it asks."""

    after: str
    """Such as ``immediately`` or ``after 3 min``."""
    text: str
    mark: str
    """``first``, ``wider``, ``alert`` or ``booking``."""
    groups: tuple[TitleGroup, ...]
    excluded: tuple[tuple[str, tuple[str, ...]], ...]
    """Each reason with the names of the people it excludes."""

    @property
    def count(self) -> int:
        return sum(group.count for group in self.groups)

    @property
    def there(self) -> int:
        return sum(group.there for group in self.groups)

    @property
    def new(self) -> int:
        return sum(group.new for group in self.groups)


@dataclass(frozen=True)
class RankedPerson:
    """A person in the order of asking, with the reasons for their rank."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class SampleOutcome:
    rule: str
    """``rule "Invoices"`` or ``otherwise``."""
    line: int
    kind: str
    decision: Decision
    steps: tuple[PoolStep, ...]
    order: tuple[RankedPerson, ...]
    plan: tuple[str, ...]

    @property
    def matched(self) -> tuple[Reason, ...]:
        """Why the rule matched."""
        return tuple(reason for reason in self.decision.why if reason.held)

    @property
    def above(self) -> tuple[Reason, ...]:
        """For each rule above the matching one, the first line that didn't match."""
        return tuple(reason for reason in self.decision.why if not reason.held)


def outcome_of(
    ruleset: Ruleset, facts: Facts, moment: datetime, directory: Directory, states: Mapping[int, AgentState]
) -> SampleOutcome | None:
    """None if no rule matches these facts."""
    try:
        decision = ruleset.decide(facts, moment)
    except NoRuleApplies:
        return None
    steps = escalation_steps(decision, directory)
    line = next(rule.line for rule in ruleset.rules if rule.name == decision.rule)
    return SampleOutcome(
        rule=decision.rule if decision.rule == "otherwise" else f'rule "{decision.rule}"',
        line=line,
        kind=_KINDS[decision.kind],
        decision=decision,
        steps=tuple(_pool_step(step, directory, moment) for step in steps),
        order=_order(decision, steps, directory, states),
        plan=plan_words(decision),
    )


def _pool_step(step: EscalationStep, directory: Directory, moment: datetime) -> PoolStep:
    people = {person.id: person for person in directory.people}
    by_reason: dict[str, list[str]] = {}
    for exclusion in step.pool.excluded:
        by_reason.setdefault(exclusion.reason, []).append(people[exclusion.person].name)
    return PoolStep(
        after=f"after {format_duration(step.after)}" if step.after else "immediately",
        text=step.text,
        mark=_MARKS.get(step.kind, "wider"),
        groups=_groups([people[member] for member in step.pool.members], frozenset(step.new), directory, moment),
        excluded=tuple((reason, tuple(names)) for reason, names in by_reason.items()),
    )


def _groups(
    members: list[Person], new: frozenset[int], directory: Directory, moment: datetime
) -> tuple[TitleGroup, ...]:
    titles = {title.id: title.name for title in directory.titles}
    teams = {team.id: team.name for team in directory.teams}
    by_position: dict[tuple[int, int], list[Person]] = {}
    for person in members:
        by_position.setdefault((person.team, person.title), []).append(person)
    groups = (
        TitleGroup(
            titles[title],
            teams[team],
            len(people),
            sum(on_shift(person, moment) for person in people),
            sum(person.id in new for person in people),
        )
        for (team, title), people in by_position.items()
    )
    return tuple(sorted(groups, key=lambda group: group.new == group.count))


def _order(
    decision: Decision, steps: tuple[EscalationStep, ...], directory: Directory, states: Mapping[int, AgentState]
) -> tuple[RankedPerson, ...]:
    """The people in the first non-empty pool, best first."""
    pool: Pool | None = next((step.pool for step in steps if step.pool.members), None)
    if pool is None:
        return ()
    names = {person.id: person.name for person in directory.people}
    return tuple(
        RankedPerson(names[person], order_values(decision, person, pool, states.get(person), directory))
        for person in rank(decision, _SAMPLE, pool, states, directory)
    )


def plan_words(decision: Decision) -> tuple[str, ...]:
    """The plan's times in short sentences; none if there is no call."""
    if decision.kind is CallKind.REFUSED:
        return ()
    booking, calls = decision.booking, decision.calls
    notice = _ahead(booking.notice, booking.notice_working_days)
    horizon = _ahead(booking.horizon, booking.horizon_working_days)
    answer = "accepted for them" if calls.accept_automatically else f"with {length(calls.offer)} to answer"
    lines = [
        f"Slots of {length(booking.slot)}, booked at least {notice} and at most {horizon} ahead.",
        f"A person is asked {length(calls.prepare)} before a booked call, {answer}."
        if calls.prepare
        else f"A person is asked when the call starts, {answer}.",
        f"The call waits {length(calls.wait_for_customer)} for the customer; {length(calls.wrap_up)} to wrap up.",
    ]
    return (*lines, f"Note to the agent: {decision.note}") if decision.note else tuple(lines)


def _ahead(seconds: int, working_days: int) -> str:
    return f"{working_days} working day{'' if working_days == 1 else 's'}" if working_days else length(seconds)
