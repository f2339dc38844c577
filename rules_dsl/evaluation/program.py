"""The program: conditions and rules with all names resolved, ready for decisions."""

from __future__ import annotations

from dataclasses import dataclass, field

from rules_dsl.model.decision import CallKind, OpenHours, OrderKey, Step, Target
from rules_dsl.syntax.tree_actions import SkillKind


@dataclass(frozen=True, slots=True)
class OneOf:
    """True if a choice has one of these values."""

    fact: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Within:
    """True if a number is in a range, both ends included. An end is None if unbounded."""

    fact: str
    low: int | None
    high: int | None


@dataclass(frozen=True, slots=True)
class IsKnown:
    """True if a fact is known."""

    fact: str


@dataclass(frozen=True, slots=True)
class IsYes:
    """True if a yes-or-no fact is yes."""

    fact: str


@dataclass(frozen=True, slots=True)
class HasTags:
    """True if a set of tags includes any of these, or all of them if ``every`` is set."""

    fact: str
    tags: tuple[str, ...]
    every: bool


@dataclass(frozen=True, slots=True)
class InHours:
    """True if the moment is in opening hours."""

    hours: OpenHours


@dataclass(frozen=True, slots=True)
class IsDefined:
    """True if a definition's condition holds."""

    name: str
    when: When


Test = OneOf | Within | IsKnown | IsYes | HasTags | InHours | IsDefined


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition. All lines in a ruleset with the same condition share one object."""

    test: Test
    negated: bool
    text: str
    """As written, without ``when`` or ``and``."""


@dataclass(frozen=True, slots=True)
class When:
    """A rule's condition. It holds if all clauses of an alternative hold and no ``unless`` clause does."""

    alternatives: tuple[tuple[Clause, ...], ...]
    """An empty alternative is always true: ``when anything``."""
    unless: tuple[Clause, ...] = ()
    lines: tuple[int, ...] = field(default=(), compare=False)
    """The 1-based line of each clause, ``unless`` clauses last; empty if the condition isn't from a file."""


ALWAYS = When(((),))


@dataclass(frozen=True, slots=True)
class SkillReference:
    """A skill in a rule. Which skill it is may depend on the customer's language or the product area."""

    kind: SkillKind
    skill: int | None
    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule, with defaults filled in."""

    name: str
    line: int
    when: When
    kind: CallKind
    refusal: str
    targets: tuple[Target, ...]
    requires: tuple[SkillReference, ...]
    prefers: tuple[tuple[SkillReference, ...], ...]
    order: tuple[OrderKey, ...]
    steps: tuple[Step, ...]
    """``DROP_SKILL`` without a skill means the skill for the escalation's product area."""
    slot: int | None
    prepare: int | None
    note: str


@dataclass(frozen=True)
class MoreCalls:
    """``up to 1 more when …``"""

    number: int
    clause: Clause


@dataclass(frozen=True)
class LimitRules:
    """A file's limits: the strictest of each kind."""

    calls_a_day: int | None = None
    title_calls_a_day: tuple[tuple[int, int], ...] = ()
    more: tuple[MoreCalls, ...] = ()
    gap: int = 0
    shift_percent: int | None = None
    shift_end: int = 0
